// SPDX-License-Identifier: Apache-2.0
#include "server/core/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/error.h"
#include "base/thread.h"
#include "tests/base/http_get.h"
#include "tests/base/must_run.h"

namespace facet::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Every figure once, so that every series exists.
std::unique_ptr<Metrics> MakeUsedMetrics() {
  auto metrics = Metrics::Create({"1.2.3", [] { return 5000; }});
  metrics->RpcStarted("Render");
  metrics->RpcHandled("Render", "OK", absl::Milliseconds(3));
  metrics->RenderBatch(20, absl::Milliseconds(7));
  metrics->SetRenderQueue(5);
  metrics->RenderQueueWait(absl::Microseconds(50));
  metrics->SetJobs("running", 1);
  metrics->TrainingProgress("digits-1", 300, 12.5, "pixels", 4.25);
  metrics->TrainingReport();
  metrics->TrainerExited("signal");
  metrics->SetStreams(2);
  metrics->StreamBatch(64, 1000);
  metrics->StreamFirstBatch(absl::Milliseconds(30));
  metrics->SetModels(1, 1 << 20);
  metrics->ModelLoaded(true, absl::Seconds(1));
  metrics->DeviceFault();
  metrics->SetReady(true);
  return metrics;
}

// Names of the families in an exposition text.
std::set<std::string> FamilyNames(const std::string& text) {
  std::set<std::string> names;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (absl::StartsWith(line, "# TYPE ") && words.size() == 4) names.insert(words[2]);
  }
  return names;
}

TEST(MetricsTest, CountsWhatItIsTold) {
  const std::string text = MakeUsedMetrics()->Text();
  for (const char* line : {
           "facet_rpc_started_total{method=\"Render\"} 1",
           "facet_rpc_handled_total{code=\"OK\",method=\"Render\"} 1",
           "facet_rpc_duration_seconds_bucket{method=\"Render\",le=\"0.005\"} 1",
           "facet_rpc_duration_seconds_bucket{method=\"Render\",le=\"0.0025\"} 0",
           "facet_render_batch_size_sum 20",
           "facet_render_batch_duration_seconds_count 1",
           "facet_render_images_total 20",
           "facet_render_queue_images 5",
           "facet_render_queue_wait_seconds_count 1",
           "facet_training_jobs{state=\"running\"} 1",
           "facet_training_step{job=\"digits-1\"} 300",
           "facet_training_steps_per_second{job=\"digits-1\"} 12.5",
           "facet_training_loss{job=\"digits-1\",part=\"pixels\"} 4.25",
           "facet_training_reports_total 1",
           "facet_trainer_exits_total{outcome=\"signal\"} 1",
           "facet_trainer_exits_total{outcome=\"success\"} 0",
           "facet_streams_active 2",
           "facet_stream_batches_total 1",
           "facet_stream_images_total 64",
           "facet_stream_bytes_total 1000",
           "facet_stream_first_batch_seconds_count 1",
           "facet_models_loaded 1",
           "facet_model_memory_bytes 1048576",
           "facet_model_loads_total{outcome=\"ok\"} 1",
           "facet_model_load_duration_seconds_sum 1",
           "facet_device_faults_total 1",
           "facet_ready 1",
           "facet_build_info{version=\"1.2.3\"} 1",
           "facet_state_free_bytes 5000",
       }) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("\n", line, "\n"))) << line;
  }
}

TEST(MetricsTest, ForgetsTheSeriesOfAJobThatEnded) {
  auto metrics = Metrics::Create();
  metrics->TrainingProgress("a", 1, 1, "pixels", 1);
  metrics->TrainingProgress("a", 2, 1, "classes", 1);
  metrics->TrainingProgress("b", 3, 1, "pixels", 1);
  metrics->ForgetJob("a");
  metrics->ForgetJob("never-seen");
  EXPECT_THAT(metrics->Text(), Not(HasSubstr("job=\"a\"")));
  EXPECT_THAT(metrics->Text(), HasSubstr("facet_training_step{job=\"b\"} 3"));
  metrics->TrainingProgress("a", 7, 1, "pixels", 1);
  EXPECT_THAT(metrics->Text(), HasSubstr("facet_training_step{job=\"a\"} 7"));
}

TEST(MetricsTest, MeasuresTheRoomOnTheDiskAtEachScrape) {
  absl::StatusOr<uint64_t> free = 7;
  auto metrics = Metrics::Create({"", [&free] { return free; }});
  auto address = metrics->Serve("127.0.0.1:0");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_THAT(HttpGet(*address, "/metrics"), HasSubstr("\nfacet_state_free_bytes 7\n"));
  free = 6;
  EXPECT_THAT(HttpGet(*address, "/metrics"), HasSubstr("\nfacet_state_free_bytes 6\n"));
  free = absl::NotFoundError("the folder is gone");
  const std::string answer = HttpGet(*address, "/metrics");
  EXPECT_THAT(answer, HasSubstr("\nfacet_ready 0\n"));
  EXPECT_THAT(answer, Not(HasSubstr("facet_state_free_bytes")));
  EXPECT_THAT(answer, Not(HasSubstr("facet_build_info"))) << "no version was given";
}

TEST(MetricsTest, CountsExactlyFromManyThreads) {
  auto metrics = Metrics::Create();
  {
    std::vector<Thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back("counter", [&metrics, t] {
        for (int i = 0; i < 500; ++i) {
          metrics->RpcStarted(absl::StrCat("M", i % 3));
          metrics->RpcHandled("M", "OK", absl::Milliseconds(1));
          metrics->TrainingProgress(absl::StrCat("job-", t), i, 1, "pixels", 1);
          metrics->ForgetJob(absl::StrCat("job-", t));
        }
      });
    }
  }
  EXPECT_THAT(metrics->Text(), HasSubstr("facet_rpc_started_total{method=\"M0\"} 668"));
  EXPECT_THAT(metrics->Text(), HasSubstr("facet_rpc_handled_total{code=\"OK\",method=\"M\"} 2000"));
}

TEST(MetricsTest, ServesTheTextOnAFreePort) {
  auto metrics = MakeUsedMetrics();
  auto address = metrics->Serve("127.0.0.1:0");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_FALSE(absl::EndsWith(*address, ":0"));
  const std::string answer = HttpGet(*address, "/metrics");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("\nfacet_ready 1\n"));
  for (const std::string& name : FamilyNames(metrics->Text())) EXPECT_THAT(answer, HasSubstr(name));
  EXPECT_THAT(HttpGet(*address, "/etc/passwd"), HasSubstr("404"));
}

TEST(MetricsTest, ServesOnce) {
  auto metrics = Metrics::Create();
  ASSERT_TRUE(metrics->Serve("127.0.0.1:0").ok());
  EXPECT_EQ(metrics->Serve("127.0.0.1:0").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(MetricsTest, SaysThatAPortIsInUse) {
  auto first = Metrics::Create();
  auto address = first->Serve("127.0.0.1:0");
  ASSERT_TRUE(address.ok());
  auto second = Metrics::Create();
  const absl::Status status = second->Serve(*address).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorDetail(status).reason, "METRICS_ADDRESS_UNAVAILABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr(*address));
  EXPECT_TRUE(second->Serve("127.0.0.1:0").ok()) << "another address may be tried after a failure";
}

TEST(MetricsTest, RefusesWhatIsNoAddress) {
  auto metrics = Metrics::Create();
  for (const char* address : {"", "8471", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", ":80"}) {
    EXPECT_EQ(metrics->Serve(address).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

TEST(MetricsTest, EveryFigureIsDocumented) {
  const char* source = std::getenv("FACET_SOURCE_DIR");
  if (source == nullptr) SKIP_FOR_WANT_OF("FACET_SOURCE_DIR is not set");
  std::ifstream file(absl::StrCat(source, "/docs/metrics.md"));
  std::stringstream page;
  page << file.rdbuf();
  const std::set<std::string> names = FamilyNames(MakeUsedMetrics()->Text());
  EXPECT_GT(names.size(), 20u);
  for (const std::string& name : names) EXPECT_THAT(page.str(), HasSubstr(absl::StrCat("`", name, "`")));
}

// As a command: that of scripts/setup, or another.
std::string Promtool() {
  const char* const source = std::getenv("FACET_SOURCE_DIR");
  const std::string ours = absl::StrCat(source == nullptr ? "." : source, "/.venv/bin/promtool");
  return std::filesystem::exists(ours) ? absl::StrCat("'", ours, "'") : "promtool";
}

TEST(MetricsTest, PassesPromtool) {
  const std::string tool = Promtool();
  if (std::system(absl::StrCat(tool, " --version >/dev/null 2>&1").c_str()) != 0) {
    SKIP_FOR_WANT_OF("promtool is not installed");
  }
  auto metrics = MakeUsedMetrics();
  auto address = metrics->Serve("127.0.0.1:0");
  ASSERT_TRUE(address.ok()) << address.status();
  const std::string answer = HttpGet(*address, "/metrics");
  FILE* promtool = popen(absl::StrCat(tool, " check metrics 2>&1").c_str(), "w");
  ASSERT_NE(promtool, nullptr);
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  ASSERT_EQ(fwrite(body.data(), 1, body.size(), promtool), body.size());
  EXPECT_EQ(pclose(promtool), 0) << "promtool found fault, see above";
}

}  // namespace
}  // namespace facet::server
