// SPDX-License-Identifier: Apache-2.0
// Small parts: orphans, estimates, retention, the drawing of a curve, what the
// kernel tells of memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/process.h"
#include "facet/internal/trainer.pb.h"
#include "server/core/jobs/curve_plot.h"
#include "server/core/jobs/job_curve.h"
#include "server/core/jobs/job_estimate.h"
#include "server/core/jobs/job_plan.h"
#include "server/core/jobs/job_retention.h"
#include "server/core/jobs/oom_kills.h"
#include "server/core/jobs/orphan.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OrphanTest : public testing::Test {
 protected:
  // A trainer of nobody's that holds the job.
  std::unique_ptr<Process> StartOrphan(const std::string& job_dir) {
    internal::TrainerSpec spec;
    spec.mutable_preset()->set_description("lock beat deaf");
    EXPECT_TRUE(FileSystem::Posix()->WriteFileAtomically(job_dir + "/spec.binpb", spec.SerializeAsString()).ok());
    ProcessOptions options;
    options.argv = {FACET_FAKE_TRAINER, "--job-dir", job_dir, "--event-fd", "3"};
    options.event_pipe = true;
    auto process = ProcessLauncher::Posix()->Launch(options).value();
    char byte;
    EXPECT_EQ(process->ReadEvents(&byte, 1).value(), 1u);  // it has the lock
    return process;
  }
  TempFolder folder_;
};

TEST_F(OrphanTest, TrainerOfADeadServerIsKilled) {
  const auto orphan = StartOrphan(folder_.path());
  EXPECT_TRUE(EndOrphan(folder_.path()));
  EXPECT_EQ(orphan->Wait().signal, SIGKILL);
}

TEST_F(OrphanTest, NothingIsKilledThatIsNoTrainerOfTheJob) {
  const auto other = StartOrphan(folder_.path());
  TempFolder job;
  // A number that was used again.
  std::ofstream(job / "trainer.lock") << other->pid();
  EXPECT_TRUE(EndOrphan(job.path()));
  EXPECT_EQ(kill(other->pid(), 0), 0);
  EXPECT_TRUE(EndOrphan(job / "without-a-lock"));
}

class OrphanedJobTest : public JobHarness {
 protected:
  OrphanedJobTest() { options_.stop_grace = absl::ZeroDuration(); }
};

TEST_F(OrphanedJobTest, JobThatAnOrphanHoldsIsTakenFromItAndRuns) {
  Create("a", "step:1 hang");
  EventLog first;
  Watch("a", &first);
  first.WaitForStep(1);
  Create("b", "lock step:1 deaf");
  ProcessOptions options;
  const std::string job_dir = std::filesystem::path(Folder("b")).lexically_normal();
  options.argv = {FACET_FAKE_TRAINER, "--job-dir", job_dir, "--event-fd", "3"};
  options.event_pipe = true;
  const auto orphan = ProcessLauncher::Posix()->Launch(options).value();
  char byte;
  ASSERT_EQ(orphan->ReadEvents(&byte, 1).value(), 1u);
  ASSERT_TRUE(Cancel("a", true).ok());
  EventLog second;
  Watch("b", &second);
  second.WaitForStep(1);  // told to this server, so by its own trainer
  EXPECT_EQ(orphan->Wait().signal, SIGKILL);
  EXPECT_EQ(Get("b").attempts(0).exit_code(), 3);
  EXPECT_EQ(Get("b").attempt(), 2);
}

TEST(JobEstimateTest, MoreStepsTakeLongerAndMoreCheckpointsMoreRoom) {
  FakeDatasets datasets;
  JobEstimateInput input;
  input.nets = PlanJob({FileSystem::Posix(), PresetDir(), &datasets}, SpecFor(""))->nets;
  const auto small = EstimateJob(input);
  input.nets.training.steps *= 2;
  input.checkpoints_kept += 3;
  input.dataset_bytes = 1000;
  const auto large = EstimateJob(input);
  EXPECT_NEAR(large.duration().seconds(), 2 * small.duration().seconds(), 2);
  EXPECT_EQ(large.disk_bytes() - small.disk_bytes(), 3 * small.checkpoint_bytes());
  EXPECT_EQ(large.memory_bytes() - small.memory_bytes(), 1000);
  EXPECT_THAT(small.warnings(), IsEmpty());
  input.first_step = input.nets.training.steps;
  EXPECT_EQ(EstimateJob(input).duration().seconds(), 0);
}

TEST(JobEstimateTest, AStepOfTheSmallestNetsTakesItsTimeToo) {
  FakeDatasets datasets;
  JobEstimateInput input;
  input.nets = PlanJob({FileSystem::Posix(), PresetDir(), &datasets}, SpecFor(""))->nets;
  input.nets.training.steps = 4000;
  input.nets.training.batch_size = 1;
  input.cores = 64;
  const auto estimate = EstimateJob(input);
  EXPECT_EQ(estimate.duration().seconds(), 20);
  EXPECT_THAT(estimate.duration_basis(), HasSubstr("no less than 5 ms a step"));
}

TEST(JobEstimateTest, TheJudgeTakesItsTimeToo) {
  FakeDatasets datasets;
  const auto plan = PlanJob({FileSystem::Posix(), PresetDir(), &datasets}, SpecFor(""));
  ASSERT_TRUE(plan->judge.has_value());
  JobEstimateInput input;
  input.nets = plan->nets;
  input.nets.training.steps = 30;
  const auto seconds = [&] {
    const auto estimate = EstimateJob(input);
    return static_cast<double>(estimate.duration().seconds()) + estimate.duration().nanos() / 1e9;
  };
  const double training = seconds();
  input.judge = plan->judge;
  const double operations = TaskOperations(input.nets, *input.judge);
  EXPECT_NEAR(seconds(), training + operations / 30e9, 0.01);
  EXPECT_GT(seconds(), 10 * training);  // 2000 steps
  EXPECT_THAT(EstimateJob(input).duration_basis(), HasSubstr("s of it for the judge, which learns 2000 steps"));
  // As fast, in operations, as the earlier job was: a second a step.
  input.measured = MeasuredSpeed{"trainingJobs/a", 1.0 * input.nets.training.batch_size};
  EXPECT_NEAR(seconds(), 30 + operations / CountStepOperations(input.nets), 0.01);
  input.measured.reset();
  input.cores = 1 << 20;
  EXPECT_NEAR(seconds(), 30 * 5e-3 + 2000 * 5e-3, 0.01);  // but no less than 5 ms a step
}

TEST(JobEstimateTest, SaysWhatStandsInTheWay) {
  FakeDatasets datasets;
  JobEstimateInput input;
  input.nets = PlanJob({FileSystem::Posix(), PresetDir(), &datasets}, SpecFor(""))->nets;
  input.free_memory = 1 << 20;
  input.free_disk = 2 << 20;
  EXPECT_THAT(EstimateJob(input).warnings(),
              ElementsAre(HasSubstr("and 1 MiB are free"), HasSubstr("and 2 MiB are free")));
}

v1::TrainingJob Ended(const std::string& name, absl::Time end,
                      v1::TrainingJobState state = v1::TRAINING_JOB_STATE_SUCCEEDED) {
  v1::TrainingJob job;
  job.set_name(name);
  job.set_state(state);
  job.mutable_end_time()->set_seconds(absl::ToUnixSeconds(end));
  return job;
}

TEST(JobRetentionTest, JobsThatHaveNotEndedAlwaysStay) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  const std::vector<v1::TrainingJob> jobs = {
      Ended("new", now - absl::Hours(1)), Ended("waits", {}, v1::TRAINING_JOB_STATE_QUEUED),
      Ended("middle", now - absl::Hours(30)), Ended("old", now - absl::Hours(60)),
      Ended("paused", {}, v1::TRAINING_JOB_STATE_PAUSED)};
  EXPECT_THAT(PlanRetention({}, jobs, now).remove, IsEmpty());
  EXPECT_THAT(PlanRetention({2}, jobs, now).remove, ElementsAre("old"));
  JobRetention by_age;
  by_age.max_age = absl::Hours(48);
  by_age.checkpoints_age = absl::Hours(24);
  EXPECT_THAT(PlanRetention(by_age, jobs, now).remove, ElementsAre("old"));
  EXPECT_THAT(PlanRetention(by_age, jobs, now).trim, ElementsAre("middle"));
}

TEST(JobRetentionTest, WhatEndedLastIsNewestWhateverWasMadeFirst) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  const v1::TrainingJob just_now = Ended("long", now);
  const v1::TrainingJob earlier = Ended("short", now - absl::Hours(1));
  const v1::TrainingJob first = Ended("shorter", now - absl::Hours(2));
  EXPECT_THAT(PlanRetention({2}, {first, earlier, just_now}, now).remove, ElementsAre("shorter"));
  EXPECT_THAT(PlanRetention({2}, {earlier, first, just_now}, now).remove, ElementsAre("shorter"));
  EXPECT_THAT(PlanRetention({1}, {earlier, just_now, first}, now).remove, ElementsAre("short", "shorter"));
  v1::TrainingJob a_little_later = Ended("later", now);
  a_little_later.mutable_end_time()->set_nanos(1);
  EXPECT_THAT(PlanRetention({1}, {just_now, a_little_later}, now).remove, ElementsAre("long"));
  EXPECT_THAT(PlanRetention({1}, {just_now, Ended("same", now)}, now).remove, ElementsAre("same"));
}

TEST(JobRetentionTest, AClockThatJumpsAheadRemovesNothing) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000'000);
  const absl::Duration day = absl::Hours(24);
  JobRetention by_age;
  by_age.max_age = 60 * day;
  by_age.checkpoints_age = 30 * day;
  std::vector<v1::TrainingJob> jobs = {Ended("a", now - 20 * day), Ended("b", now - 1 * day)};
  const absl::Time ahead = now + 3650 * day;
  EXPECT_THAT(PlanRetention(by_age, jobs, ahead).remove, IsEmpty());
  EXPECT_THAT(PlanRetention(by_age, jobs, ahead).trim, IsEmpty());
  EXPECT_THAT(PlanRetention({1}, jobs, ahead).remove, ElementsAre("a")) << "what counts has no age";
  // Nor where a job ends by that clock.
  jobs.push_back(Ended("c", ahead));
  EXPECT_THAT(PlanRetention(by_age, jobs, ahead + absl::Hours(23)).remove, IsEmpty());
  // It was no jump, or nobody has minded it for a day.
  EXPECT_THAT(PlanRetention(by_age, jobs, ahead + absl::Hours(24)).remove, ElementsAre("b", "a"));
  // Back in time.
  EXPECT_THAT(PlanRetention(by_age, jobs, now).remove, IsEmpty());
}

TEST(JobRetentionTest, AServerThatWasIdleForLongRemovesAfterADay) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000'000);
  const absl::Duration day = absl::Hours(24);
  JobRetention by_age;
  by_age.max_age = 10 * day;
  std::vector<v1::TrainingJob> jobs = {Ended("old", now - 40 * day)};
  EXPECT_THAT(PlanRetention(by_age, jobs, now).remove, IsEmpty());
  v1::TrainingJob waits;
  waits.set_name("waits");
  waits.set_state(v1::TRAINING_JOB_STATE_PAUSED);
  waits.mutable_create_time()->set_seconds(absl::ToUnixSeconds(now - absl::Hours(23)));
  jobs.push_back(waits);
  EXPECT_THAT(PlanRetention(by_age, jobs, now).remove, IsEmpty());
  EXPECT_THAT(PlanRetention(by_age, jobs, now + absl::Hours(1)).remove, ElementsAre("old"));
}

TEST(CurvePlotTest, DrawsLossesAndTheBestCheckpointAndEscapesNames) {
  v1::TrainingCurve curve;
  for (int step = 1; step <= 3; ++step) {
    auto* point = curve.add_points();
    point->set_step(100 * step);
    (*point->mutable_losses())["a<b"] = 1.0 / step;
    (*point->mutable_losses())["zero"] = 0;  // has no logarithm
    auto* checkpoint = curve.add_checkpoints();
    checkpoint->set_step(100 * step);
    checkpoint->set_psnr_db(step == 2 ? 25 : 20);
    checkpoint->set_held_out(true);
  }
  const std::string svg = DrawCurve("job & more", curve);
  EXPECT_THAT(svg, HasSubstr("job &amp; more"));
  EXPECT_THAT(svg, HasSubstr("a&lt;b"));
  EXPECT_THAT(svg, HasSubstr("best: 25.00 dB at step 200"));
  EXPECT_THAT(svg, HasSubstr("held-out"));
  EXPECT_THAT(svg, HasSubstr(">250</text>"));  // marks are round numbers
  EXPECT_THAT(svg, HasSubstr(">22</text>"));
  EXPECT_THAT(svg, testing::Not(HasSubstr("nan")));
  EXPECT_THAT(DrawCurve("none", {}), HasSubstr("</svg>"));
}

TEST(CurvePlotTest, DrawsAccuracyOnceItIsKnown) {
  v1::TrainingCurve curve;
  for (const int step : {100, 200}) {
    auto* checkpoint = curve.add_checkpoints();
    checkpoint->set_step(step);
    checkpoint->set_psnr_db(20);
  }
  EXPECT_THAT(DrawCurve("a", curve), testing::Not(HasSubstr("accuracy")));
  v1::AccuracyHistory& accuracy = *curve.mutable_accuracy();
  accuracy.set_held_out(true);
  accuracy.set_image_count(32);
  accuracy.add_features("side & more");
  accuracy.add_real(0.875);
  for (const int step : {100, 200}) {
    auto* point = accuracy.add_points();
    point->set_step(step);
    point->add_accuracy(step == 100 ? 0.25 : 0.75);
  }
  const std::string svg = DrawCurve("a", curve);
  EXPECT_THAT(svg, HasSubstr("accuracy of 32 held-out images"));
  EXPECT_THAT(svg, HasSubstr("side &amp; more: 75.0 % (real images 87.5 %)"));
  // The panel is 150 high and shows 0 to 100 %, its ceiling dashed.
  EXPECT_THAT(svg, HasSubstr("425.0,642.5 780.0,567.5"));
  EXPECT_THAT(svg, HasSubstr("y1=\"548.8\" y2=\"548.8\""));
  accuracy.clear_real();  // no message that is known, but it must not crash
  EXPECT_THAT(DrawCurve("a", curve), HasSubstr("</svg>"));
}

TEST(OomKillsTest, CountIsRead) { EXPECT_GE(CountOomKills(*FileSystem::Posix()), 0); }

}  // namespace
}  // namespace facet::server
