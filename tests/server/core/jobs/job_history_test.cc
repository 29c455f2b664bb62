// SPDX-License-Identifier: Apache-2.0
// What is told of a job afterwards: attempts, failures, curve, log, files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using Attempt = v1::TrainingAttempt;

class JobHistoryTest : public JobHarness {
 protected:
  absl::StatusOr<v1::ReadTrainingLogResponse> ReadLog(const std::string& id, int64_t offset) {
    v1::ReadTrainingLogRequest request;
    request.set_name(id);
    request.set_offset(offset);
    return jobs().ReadLog(request);
  }
  v1::TrainingCurve Curve(const std::string& id) {
    v1::GetTrainingCurveRequest request;
    request.set_name(id);
    return jobs().GetCurve(request).value();
  }
  absl::StatusOr<v1::TrainingSamples> Samples(const std::string& id, int step) {
    v1::GetTrainingSamplesRequest request;
    request.set_name(id);
    request.set_step(step);
    return jobs().GetSamples(request);
  }
};

TEST_F(JobHistoryTest, EndedJobIsInNoPhaseAndHasTheStepThatWasSavedLast) {
  const v1::TrainingJob ended = RunToEnd("a", "step:42 save:44 phase:saving finish");
  EXPECT_EQ(ended.progress().phase(), "");
  EXPECT_EQ(ended.progress().step(), 44);
  EXPECT_EQ(ended.attempts(0).last_step(), 44);
  Create("b", "load step:1 hang");
  EventLog log;
  Watch("b", &log);
  log.WaitForStep(1);
  EXPECT_EQ(Get("b").progress().phase(), "training");
  ASSERT_TRUE(Pause("b", true).ok());
  log.WaitForState(v1::TRAINING_JOB_STATE_PAUSED);
  EXPECT_EQ(Get("b").progress().phase(), "");
  EXPECT_THAT(log.transitions().back(), HasSubstr("killed as asked"));
}

TEST_F(JobHistoryTest, EachAttemptIsRecordedWithItsEndAndItsOwnLog) {
  const v1::TrainingJob job = RunToEnd(
      "a", "print:one step:10 save:10 once:signal:11 print:two step:20 once:exit:4 print:three step:30 finish");
  ASSERT_EQ(job.attempts_size(), 3);
  EXPECT_EQ(job.attempts(0).attempt(), 1);
  EXPECT_EQ(job.attempts(0).end(), Attempt::END_DIED);
  EXPECT_EQ(job.attempts(0).signal(), SIGSEGV);
  EXPECT_EQ(job.attempts(0).last_step(), 10);
  EXPECT_THAT(job.attempts(0).log_tail(), ElementsAre("one"));
  EXPECT_EQ(job.attempts(1).exit_code(), 4);
  EXPECT_EQ(job.attempts(1).first_step(), 20);
  EXPECT_THAT(job.attempts(1).log_tail(), ElementsAre("one", "two"));
  EXPECT_EQ(job.attempts(2).end(), Attempt::END_FINISHED);
  for (const Attempt& attempt : job.attempts()) {
    EXPECT_TRUE(attempt.has_start_time() && attempt.has_end_time());
    EXPECT_FALSE(attempt.message().empty());
  }
}

TEST_F(JobHistoryTest, AttemptThatTheServerLeftOpenIsClosedByTheNext) {
  Create("a", "step:5 save:5 once:hang finish");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(5);
  jobs_.reset();
  // As if nobody had been there to see the end.
  v1::TrainingJob job = store_->GetJob("trainingJobs/a")->job;
  job.set_state(v1::TRAINING_JOB_STATE_RUNNING);
  job.add_attempts()->set_attempt(1);
  job.mutable_attempts(0)->mutable_start_time()->set_seconds(5);
  ASSERT_TRUE(store_->PutJob(job).ok());
  Restart();
  EventLog rest;
  Watch("a", &rest);
  ASSERT_TRUE(rest.WaitForEnd().ok());
  EXPECT_EQ(Get("a").attempts(0).end(), Attempt::END_SERVER_DIED);
  EXPECT_EQ(Get("a").attempts(0).start_time().seconds(), 5);
  EXPECT_TRUE(Get("a").attempts(0).has_end_time());
}

TEST_F(JobHistoryTest, LossThatIsNotFiniteEndsTheJobAtOnceAndNamesTheLastGoodCheckpoint) {
  const v1::TrainingJob job = RunToEnd("a", "step:10 save:10 step:12 nan");
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_FAILED);
  EXPECT_EQ(job.attempt(), 1) << "it would only happen again";
  EXPECT_EQ(job.failure().reason(), "LOSS_NOT_FINITE");
  EXPECT_EQ(job.failure().step(), 13);
  EXPECT_THAT(job.failure().message(), HasSubstr("last good checkpoint is that of step 10"));
  EXPECT_EQ(job.last_checkpoint().step(), 10);
}

TEST_F(JobHistoryTest, UncaughtBadAllocIsOutOfMemory) {
  options_.max_restarts = 0;
  const v1::TrainingJob job = RunToEnd("a", "step:1 abort");
  EXPECT_EQ(job.failure().reason(), "OUT_OF_MEMORY");
  EXPECT_EQ(job.failure().signal(), SIGABRT);
  EXPECT_EQ(job.attempts(0).end(), Attempt::END_OUT_OF_MEMORY);
}

TEST_F(JobHistoryTest, PauseNowKillsAndTheJobGoesOnLater) {
  Create("a", "step:1 save:1 once:deaf step:2 finish");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(1);
  ASSERT_TRUE(Pause("a", true).ok());
  log.WaitForState(v1::TRAINING_JOB_STATE_PAUSED);
  EXPECT_EQ(Get("a").attempts(0).end(), Attempt::END_STOPPED);
  ASSERT_TRUE(Resume("a").ok());
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
}

TEST_F(JobHistoryTest, CurveOverAttemptsHasEachStepOnce) {
  RunToEnd("a", "points:10 points:20 save:20 points:30 once:signal:9 points:40 finish");
  std::vector<int> steps;
  const v1::TrainingCurve curve = Curve("a");
  for (const auto& point : curve.points()) steps.push_back(point.step());
  EXPECT_THAT(steps, ElementsAre(10, 20, 30, 40));
  EXPECT_EQ(curve.points(3).losses().at("generator"), 60);
  EXPECT_EQ(curve.checkpoints(0).step(), 20);
  EXPECT_THAT(curve.svg(), HasSubstr("<polyline"));
  const std::string csv = FileSystem::Posix()->ReadFile(Folder("a") + "/curve.csv").value_or("");
  EXPECT_THAT(csv, HasSubstr("step,learning_rate,generator\n10,0,90\n"));
  EXPECT_EQ(FileSystem::Posix()->ReadFile(Folder("a") + "/curve.svg").value_or(""), curve.svg());
}

TEST_F(JobHistoryTest, LogIsReadInPiecesAndFromItsEnd) {
  std::string script;
  for (int i = 0; i < 9; ++i) absl::StrAppend(&script, "print:line", i, " ");
  RunToEnd("a", script + "finish");
  const auto all = ReadLog("a", 0);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(all->text(), HasSubstr("line0\nline1\n"));
  EXPECT_TRUE(all->complete());
  EXPECT_EQ(ReadLog("a", all->next_offset())->text(), "");
  EXPECT_EQ(ReadLog("a", -8)->text(), "line8\n") << "from the next line on";
  EXPECT_EQ(ReadLog("a", 1000000)->next_offset(), all->next_offset());
  std::ofstream(Folder("a") + "/trainer.log") << std::string(70000, 'x') << "\n\x1b[31mred\xff\n";
  const auto first = ReadLog("a", 0);
  EXPECT_EQ(first->text().size(), 65536u);
  EXPECT_FALSE(first->complete());
  const auto second = ReadLog("a", first->next_offset());
  EXPECT_THAT(second->text(), testing::EndsWith("x\n?[31mred?\n"));
  EXPECT_TRUE(second->complete());
  EXPECT_TRUE(absl::IsNotFound(ReadLog("nope", 0).status()));
}

TEST_F(JobHistoryTest, SamplesAreTheNewestOrThoseOfAStep) {
  RunToEnd("a", "finish");
  EXPECT_TRUE(absl::IsNotFound(Samples("a", 0).status()));
  ASSERT_TRUE(FileSystem::Posix()->CreateDirs(Folder("a") + "/samples").ok());
  for (const int step : {90, 100}) {
    std::ofstream(absl::StrCat(Folder("a"), "/samples/", step == 90 ? "000000090" : "000000100", ".png")) << step;
  }
  EXPECT_EQ(Samples("a", 0)->step(), 100);
  EXPECT_EQ(Samples("a", 90)->png(), "90");
  EXPECT_TRUE(absl::IsNotFound(Samples("a", 95).status()));
  EXPECT_EQ(GetErrorDetail(Samples("a", -3).status()).field, "step");
}

TEST_F(JobHistoryTest, DiskUsageSaysWhatTakesTheDisk) {
  RunToEnd("a", "print:hello finish");
  ASSERT_TRUE(FileSystem::Posix()->CreateDirs(Folder("a") + "/checkpoints/000000010").ok());
  std::ofstream(Folder("a") + "/checkpoints/000000010/state") << std::string(1000, 'x');
  const v1::DiskUsage usage = jobs().GetDiskUsage({}).value();
  std::map<std::string, int64_t> kinds;
  for (const auto& item : usage.items()) kinds[item.kind()] = item.size_bytes();
  EXPECT_EQ(kinds["checkpoints"], 1000);
  EXPECT_EQ(kinds["logs"], 6);
  EXPECT_GT(kinds["database"], 1000);
  EXPECT_EQ(kinds["bundles"], 2);
  EXPECT_EQ(usage.jobs(0).name(), "trainingJobs/a");
  EXPECT_GT(usage.jobs(0).size_bytes(), 1000);
  EXPECT_GT(usage.free_bytes(), 0);
}

TEST_F(JobHistoryTest, OnlyTheNewestEndedJobsStayWhereThatIsAsked) {
  options_.retention.max_ended = 2;
  for (const char* id : {"a", "b", "c"}) RunToEnd(id, "finish");
  // The end is seen by a watcher a moment before old jobs go.
  Restart();
  v1::ListTrainingJobsRequest request;
  std::vector<std::string> names;
  const auto jobs_left = jobs().List(request);
  for (const auto& job : jobs_left->training_jobs()) names.push_back(job.name());
  EXPECT_THAT(names, ElementsAre("trainingJobs/c", "trainingJobs/b"));
  EXPECT_FALSE(FileSystem::Posix()->Exists(Folder("a")));
}

TEST_F(JobHistoryTest, EndedJobKeepsItsNewestCheckpointOnlyWhereThatIsAsked) {
  RunToEnd("a", "finish");
  for (const char* step : {"000000010", "000000020"}) {
    ASSERT_TRUE(FileSystem::Posix()->CreateDirs(absl::StrCat(Folder("a"), "/checkpoints/", step)).ok());
  }
  options_.retention.checkpoints_age = -absl::Hours(1);
  Restart();
  EXPECT_THAT(*FileSystem::Posix()->List(Folder("a") + "/checkpoints"), ElementsAre("000000020"));
}

}  // namespace
}  // namespace facet::server
