// SPDX-License-Identifier: Apache-2.0
// Kills facetd, facet-trainer or both at random instants while jobs train, and
// compares what comes out with an undisturbed run, bit for bit.
//
//   end_to_end_chaos_test [--long | --kills N] [--seed N]
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/end_to_end/tiny_service.h"
#include "tests/end_to_end/trainers.h"

namespace facet {
namespace {

int kills_wanted = 25;
uint32_t seed = 0;

constexpr int kSteps = 1200;
constexpr absl::Duration kLongestLife = absl::Milliseconds(1600);
// The kernel kills a trainer whose server dies; this is how long it may take.
constexpr absl::Duration kKernelTime = absl::Seconds(2);

constexpr char kConfig[] = R"(
  jobs { max_restarts: 100000 restart_backoff_ms: 100 max_silence_seconds: 60 }
)";

bool HasEnded(v1::TrainingJobState state) { return state >= v1::TRAINING_JOB_STATE_SUCCEEDED; }

class ChaosTest : public testing::Test {
 protected:
  ChaosTest() : service_({"--config", folder_.Write("facet.textproto", kConfig)}), random_(seed) {}

  int Draw(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  std::string JobDir(const std::string& id) const { return absl::StrCat(service_.state_dir(), "/jobs/", id); }
  v1::TrainingJob Get(const std::string& id) {
    const auto job = service_.Connect()->GetTrainingJob(id);
    EXPECT_TRUE(job.ok()) << id << " is lost: " << job.status();
    return job.value_or(v1::TrainingJob());
  }
  void Begin(const std::string& id) {
    const CommandResult begun =
        service_.Train(id, {"--steps", absl::StrCat(kSteps), "--override", "checkpoint_interval: 100", "--detach"});
    ASSERT_EQ(begun.exit_code, 0) << begun.err;
  }
  void AwaitEnd(const std::string& id) {
    const absl::Status ended =
        service_.Connect()->WatchTrainingJob(id, 0, absl::Seconds(60), [](const auto&) { return true; });
    ASSERT_TRUE(ended.ok()) << ended;
    const v1::TrainingJob job = Get(id);
    EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_SUCCEEDED) << id << ": " << job.failure().message();
  }
  // All losses of the run, every digit, and the weights.
  std::string Losses(const std::string& id) {
    const auto curve = service_.Connect()->GetTrainingCurve(id);
    EXPECT_TRUE(curve.ok()) << curve.status();
    std::string text;
    for (const auto& point : curve->points()) {
      absl::StrAppend(&text, point.step());
      const std::map<std::string, double> losses(point.losses().begin(), point.losses().end());
      for (const auto& [part, loss] : losses)
        absl::StrAppend(&text, " ", part, "=", absl::Hex(absl::bit_cast<uint64_t>(loss)));
      text += "\n";
    }
    return text;
  }
  std::string Weights(const std::string& id) { return TempDir::Read(JobDir(id) + "/bundle/weights.safetensors"); }

  void KillTrainer(const std::string& id) {
    for (const int pid : TrainersOf(JobDir(id))) kill(pid, SIGKILL);
  }
  void KillServer(const std::string& id) {
    // Acknowledged a moment before: it must be there afterwards.
    if (acknowledged_.size() < 8) {
      v1::CreateTrainingJobRequest request = short_job_;
      request.set_training_job_id(absl::StrCat("short-", acknowledged_.size()));
      request.set_priority(-1);
      const auto job = service_.Connect()->CreateTrainingJob(request);
      ASSERT_TRUE(job.ok()) << job.status();
      acknowledged_.push_back(request.training_job_id());
    }
    service_.server().Signal(SIGKILL);
    service_.server().Wait();
    const absl::Time died = absl::Now();
    while (!TrainersOf(JobDir(id)).empty()) {
      ASSERT_LT(absl::Now() - died, kKernelTime) << "a trainer outlives its server";
      absl::SleepFor(absl::Milliseconds(2));
    }
    service_.Restart();
    slowest_restart_ = std::max(slowest_restart_, absl::Now() - died);
  }
  void Kill(const std::string& id) {
    ASSERT_LE(TrainersOf(JobDir(id)).size(), 1u) << "two trainers work on one job";
    const int victim = Draw(3);
    if (victim != 1) KillTrainer(id);
    if (victim != 0) KillServer(id);
    ++kills_;
  }
  void TrainUnderFire(const std::string& id) {
    Begin(id);
    while (!HasEnded(Get(id).state()) && !HasFatalFailure()) {
      absl::SleepFor(kLongestLife * Draw(1000) / 1000);
      if (kills_ < kills_wanted) Kill(id);
    }
  }
  // Time between the end of an attempt and the start of the next.
  absl::Duration SlowestRecovery(const v1::TrainingJob& job) {
    const auto time = [](const auto& stamp) {
      return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
    };
    absl::Duration slowest;
    for (int i = 1; i < job.attempts_size(); ++i) {
      slowest = std::max(slowest, time(job.attempts(i).start_time()) - time(job.attempts(i - 1).end_time()));
    }
    return slowest;
  }

  TempDir folder_;
  TinyService service_;
  std::minstd_rand random_;
  v1::CreateTrainingJobRequest short_job_;
  std::vector<std::string> acknowledged_;
  int kills_ = 0;
  absl::Duration slowest_restart_;
};

TEST_F(ChaosTest, KillsLoseNoJobAndChangeNoBit) {
  SCOPED_TRACE(absl::StrCat("--seed ", seed));
  Begin("straight");
  AwaitEnd("straight");
  const std::string losses = Losses("straight");
  const std::string weights = Weights("straight");
  ASSERT_EQ(std::count(losses.begin(), losses.end(), '\n'), kSteps / 2);
  *short_job_.mutable_spec() = Get("straight").spec();
  short_job_.mutable_spec()->mutable_overrides()->set_steps(20);

  absl::Duration slowest_recovery;
  int attempts = 0;
  for (int round = 0; kills_ < kills_wanted; ++round) {
    const std::string id = absl::StrCat("fire-", round);
    ASSERT_NO_FATAL_FAILURE(TrainUnderFire(id));
    ASSERT_NO_FATAL_FAILURE(AwaitEnd(id));
    EXPECT_TRUE(Losses(id) == losses) << id << " has another loss curve";
    EXPECT_TRUE(Weights(id) == weights) << id << " has other weights";
    const v1::TrainingJob job = Get(id);
    attempts += job.attempt();
    for (const auto& attempt : job.attempts()) EXPECT_TRUE(attempt.has_end_time()) << id;
    slowest_recovery = std::max(slowest_recovery, SlowestRecovery(job));
  }
  for (const std::string& id : acknowledged_) AwaitEnd(id);
  std::printf(
      "%d kills, %d attempts, %zu other jobs acknowledged before a kill; slowest restart of the server %s, of "
      "a trainer %s\n",
      kills_, attempts, acknowledged_.size(), absl::FormatDuration(slowest_restart_).c_str(),
      absl::FormatDuration(slowest_recovery).c_str());
  EXPECT_LT(slowest_recovery, absl::Seconds(10));
}

}  // namespace
}  // namespace facet

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  facet::seed = std::random_device()();
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--long") facet::kills_wanted = 200;
    if (flag == "--kills" && i + 1 < argc) facet::kills_wanted = std::atoi(argv[i + 1]);
    if (flag == "--seed" && i + 1 < argc && !absl::SimpleAtoi(argv[i + 1], &facet::seed)) return 2;
  }
  std::printf("--kills %d --seed %u\n", facet::kills_wanted, facet::seed);
  return RUN_ALL_TESTS();
}
