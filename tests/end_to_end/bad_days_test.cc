// SPDX-License-Identifier: Apache-2.0
// What real processes do when things go wrong around them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/thread.h"
#include "facet/client/feature_vector.h"
#include "tests/end_to_end/tiny_service.h"
#include "tests/end_to_end/trainers.h"

namespace facet {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

v1::RenderRequest Request(int images) {
  v1::RenderRequest request;
  request.set_model("tiny");
  const auto vector = *client::ParseFeatureVector({"digit=7", "colour=red", "rotation=0", "example=0"});
  for (int i = 0; i < images; ++i) *request.add_vectors() = vector;
  return request;
}

// Waits for the first event of `job` that satisfies `is_it`.
void AwaitEvent(client::Client& client, const std::string& job,
                const std::function<bool(const v1::TrainingEvent&)>& is_it) {
  const absl::Status status =
      client.WatchTrainingJob(job, 0, absl::Seconds(60), [&](const v1::TrainingEvent& event) { return !is_it(event); });
  ASSERT_EQ(status.code(), StatusCode::kCancelled) << status;
}

// A job that is long enough to be hit, far too long to end by itself.
std::vector<std::string> Endless() { return {"--steps", "1000000", "--detach"}; }

bool IsTraining(const v1::TrainingEvent& event) { return event.has_progress() && event.progress().step() > 0; }

TEST(BadDaysTest, ATrainerThatIsKilledIsStartedAgain) {
  TinyService service;
  ASSERT_EQ(service.Train("hit", Endless()).exit_code, 0);
  const auto client = service.Connect();
  AwaitEvent(*client, "hit", IsTraining);
  const std::vector<int> trainers = TrainersOf(service.state_dir() + "/jobs/hit");
  ASSERT_EQ(trainers.size(), 1u);
  kill(trainers[0], SIGKILL);
  AwaitEvent(*client, "hit", [](const auto& event) { return event.attempt() == 2 && IsTraining(event); });
  const auto job = client->CancelTrainingJob("hit", /*now=*/false);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_TRUE(client->WatchTrainingJob("hit", 0, absl::Seconds(60), [](const auto&) { return true; }).ok());
  EXPECT_EQ(client->GetTrainingJob("hit")->state(), v1::TRAINING_JOB_STATE_CANCELLED);
}

TEST(BadDaysTest, AJobOutlivesAServerThatIsKilled) {
  TinyService service;
  ASSERT_EQ(service.Train("hit", Endless()).exit_code, 0);
  AwaitEvent(*service.Connect(), "hit", IsTraining);
  service.server().Signal(SIGKILL);
  service.server().Wait();
  service.Restart();
  const auto client = service.Connect();
  AwaitEvent(*client, "hit", [](const auto& event) { return event.attempt() == 2 && IsTraining(event); });
  EXPECT_EQ(service.server().Stop().exit_code, 0);
}

TEST(BadDaysTest, ATerminatedServerFinishesWhatItAcceptedAndExitsWithZero) {
  TinyService service;
  ASSERT_EQ(service.Train("job", {"--publish", "tiny"}).exit_code, 0);
  const auto client = service.Connect();
  v1::RenderStreamRequest request;
  request.set_model("tiny");
  for (int i = 0; i < 4096; ++i) *request.add_vectors() = Request(1).vectors(0);
  int images = 0;
  const absl::Status status = client->RenderStream(request, [&](const v1::RenderStreamResponse& chunk) {
    if (images == 0) service.server().Signal(SIGTERM);  // in the middle of it
    images += chunk.images_size();
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(images, 4096);
  const ProcessExit exit = service.server().Wait();
  EXPECT_TRUE(exit.ok()) << exit.exit_code << " " << exit.signal;
  EXPECT_EQ(client->Render(Request(1)).status().code(), StatusCode::kUnavailable);
}

TEST(BadDaysTest, AClientThatVanishesMidStreamCostsNothing) {
  TinyService service({"--log-level", "info"});
  ASSERT_EQ(service.Train("job", {"--publish", "tiny"}).exit_code, 0);
  client::BatchReaderOptions options;
  options.spec.set_model("tiny");
  options.spec.set_epochs(-1);
  {
    const auto client = service.Connect();
    auto reader = client->StreamBatches(options);
    ASSERT_TRUE(reader.ok());
    ASSERT_TRUE((*reader)->Next().ok());
  }
  const auto client = service.Connect();
  EXPECT_TRUE(client->Render(Request(2)).ok());
  EXPECT_TRUE(service.server().Stop().ok());
}

TEST(BadDaysTest, ADamagedBundleIsDataLossAndTheOthersServe) {
  TinyService service;
  ASSERT_EQ(service.Train("job", {"--publish", "tiny"}).exit_code, 0);
  ASSERT_EQ(service.Facet({"models", "publish", "job", "--as", "other"}).exit_code, 0);
  ASSERT_TRUE(service.server().Stop().ok());
  const std::string weights = service.state_dir() + "/models/tiny/1/weights.safetensors";
  {
    std::fstream file(weights, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(file.seekp(-5, std::ios::end).good());
    file.put('#');
  }
  service.Restart();
  const auto client = service.Connect();
  const absl::Status status = client->Render(Request(1)).status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("weights.safetensors"));
  v1::RenderRequest request = Request(1);
  request.set_model("other");
  EXPECT_TRUE(client->Render(request).ok());
}

TEST(BadDaysTest, AStateFolderThatIsRemovedUnderAServerIsToldAndNothingIsAcknowledged) {
  TinyService service;
  const auto client = service.Connect();
  ASSERT_EQ(client->CheckHealth().value(), client::Health::kServing);
  std::filesystem::remove_all(service.state_dir());
  const CommandResult import = service.Facet({"dataset", "import", "more", "--bundled", "digits", "--per-digit", "2"});
  EXPECT_NE(import.exit_code, 0);
  EXPECT_THAT(import.err, HasSubstr("put the state folder back"));
  const absl::Time patience = absl::Now() + absl::Seconds(60);
  while (client->CheckHealth().value() == client::Health::kServing && absl::Now() < patience) {
    std::this_thread::yield();
  }
  EXPECT_EQ(service.Facet({"status", "--health"}).exit_code, 6);
  EXPECT_THAT(service.server().Log(), HasSubstr("put the state folder back"));
  EXPECT_EQ(client->ListDatasets("")->size(), 1u) << "what it knows can be read";
  EXPECT_TRUE(service.server().Stop().ok());
}

TEST(BadDaysTest, ASecondServerOnTheSameStateIsRefused) {
  TinyService service;
  const CommandResult second =
      RunCommand({"facetd", "--state", service.state_dir(), "--listen", "127.0.0.1:0", "--metrics", "off"});
  EXPECT_EQ(second.exit_code, 3) << second.err;
  EXPECT_THAT(second.err, HasSubstr(service.state_dir()));
  EXPECT_TRUE(service.Connect()->ListModels("").ok());
}

TEST(BadDaysTest, APortInUseIsNamed) {
  TinyService service;
  const TempDir folder;
  const CommandResult second =
      RunCommand({"facetd", "--state", folder / "state", "--listen", service.server().address(), "--metrics", "off"});
  EXPECT_EQ(second.exit_code, 4) << second.err;
  EXPECT_THAT(second.err, HasSubstr(service.server().address()));
}

TEST(BadDaysTest, AStateFolderThatCannotBeMadeIsNamed) {
  const TempDir folder;
  const std::string file = folder.Write("file", "not a folder");
  const CommandResult result =
      RunCommand({"facetd", "--state", file + "/state", "--listen", "127.0.0.1:0", "--metrics", "off"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, HasSubstr(file));
}

}  // namespace
}  // namespace facet
