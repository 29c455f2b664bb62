// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/thread.h"
#include "facet/internal/trainer.pb.h"
#include "tests/base/held_file_system.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using JobManagerTest = JobHarness;

TEST_F(JobManagerTest, JobRunsFromQueuedToSucceeded) {
  Create("a", "load step:1 step:50 save:50 step:100 finish");
  EventLog log;
  Watch("a", &log);
  EXPECT_TRUE(log.WaitForEnd().ok());
  EXPECT_THAT(log.states(), ElementsAre("queued", "starting", "running", "succeeded"));
  const v1::TrainingJob job = Get("a");
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_EQ(job.attempt(), 1);
  EXPECT_EQ(job.progress().step(), 100);
  EXPECT_EQ(job.report().train_psnr_db(), 30);
  EXPECT_EQ(job.dataset_version(), "datasets/digits@2");
  EXPECT_TRUE(job.has_create_time() && job.has_start_time() && job.has_end_time());
  EXPECT_EQ(job.revision(), log.events().back().revision());
}

TEST_F(JobManagerTest, EveryEventThatWasSeenIsInTheStore) {
  Create("a", "load step:1 step:2 step:3 step:100 finish");
  EventLog log;
  Watch("a", &log);
  ASSERT_TRUE(log.WaitForEnd().ok());
  const auto seen = log.events();
  const auto stored = store_->ListEvents("trainingJobs/a", 0, 1000).value();
  ASSERT_EQ(seen.size(), stored.size());
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].SerializeAsString(), stored[i].SerializeAsString());
    EXPECT_EQ(seen[i].revision(), static_cast<int64_t>(i) + 1);
  }
}

TEST_F(JobManagerTest, TrainerGetsItsSpecInAFile) {
  options_.max_running = 1;
  auto request = MakeRequest("a", "finish");
  request.mutable_spec()->mutable_overrides()->set_steps(3);
  const auto job = jobs().CreateJob(request);
  ASSERT_TRUE(job.ok()) << job.status();
  internal::TrainerSpec spec;
  ASSERT_TRUE(spec.ParseFromString(FileSystem::Posix()->ReadFile(Folder("a") + "/spec.binpb").value()));
  EXPECT_EQ(spec.training_job(), "trainingJobs/a");
  EXPECT_EQ(spec.dataset(), "datasets/digits@2");
  EXPECT_EQ(spec.dataset_dir(), "/data/digits@2");
  EXPECT_EQ(spec.preset().training().steps(), 3);
}

TEST_F(JobManagerTest, FailureHasExitCodeAndTheEndOfTheLog) {
  const v1::TrainingJob job = RunToEnd("a", "step:1 print:first print:last exit:7");
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_FAILED);
  EXPECT_EQ(job.failure().exit_code(), 7);
  EXPECT_EQ(job.failure().signal(), 0);
  EXPECT_THAT(job.failure().log_tail(), ElementsAre("first", "last"));
}

TEST_F(JobManagerTest, TheTrainerIsToldItsDevice) {
  options_.device = "cuda:1";
  EXPECT_THAT(RunToEnd("a", "flags exit:7").failure().log_tail(), ElementsAre("--event-fd 3 --device cuda:1"));
}

TEST_F(JobManagerTest, FailureInTheTrainersWords) {
  const v1::TrainingJob job = RunToEnd("a", "step:1 fail:15");
  EXPECT_EQ(job.failure().message(), "DATA_LOSS: as it was told");
  EXPECT_EQ(job.failure().exit_code(), 1);
}

TEST_F(JobManagerTest, MissingTrainerFailsTheJobAndNotTheServer) {
  options_.trainer_path = "/nowhere/facet-trainer";
  const v1::TrainingJob job = RunToEnd("a", "finish");
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_FAILED);
  EXPECT_THAT(job.failure().message(), HasSubstr("/nowhere/facet-trainer"));
}

TEST_F(JobManagerTest, CheckpointThatFailsIsToldAndTrainingGoesOn) {
  Create("a", "step:1 savefail:1 step:100 finish");
  EventLog log;
  Watch("a", &log);
  ASSERT_TRUE(log.WaitForEnd().ok());
  EXPECT_THAT(log.transitions(), testing::Contains(HasSubstr("the disk is full")));
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
}

TEST_F(JobManagerTest, JobsRunInTheOrderTheyCame) {
  Create("a", "step:1 hang");
  EventLog first;
  Watch("a", &first);
  first.WaitForStep(1);
  Create("b", "finish");
  Create("c", "finish");
  EXPECT_EQ(Get("b").state(), v1::TRAINING_JOB_STATE_QUEUED);
  ASSERT_TRUE(Cancel("a").ok());
  EventLog last;
  Watch("c", &last);
  EXPECT_TRUE(last.WaitForEnd().ok());
  EXPECT_EQ(Get("a").state(), v1::TRAINING_JOB_STATE_CANCELLED);
  const v1::TrainingJob b = Get("b");
  EXPECT_EQ(b.state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  const auto nanos = [](const auto& time) { return time.seconds() * 1'000'000'000 + time.nanos(); };
  EXPECT_LT(nanos(b.start_time()), nanos(Get("c").start_time()));
}

TEST_F(JobManagerTest, SeveralRunAtOnceWhereTheyMay) {
  options_.max_running = 2;
  for (const char* id : {"a", "b"}) Create(id, "step:1 hang");
  EventLog first;
  EventLog second;
  Watch("a", &first);
  Watch("b", &second);
  first.WaitForStep(1);
  second.WaitForStep(1);
  for (const char* id : {"a", "b"}) ASSERT_TRUE(Cancel(id).ok());
  EXPECT_TRUE(first.WaitForEnd().ok());
  EXPECT_TRUE(second.WaitForEnd().ok());
}

TEST_F(JobManagerTest, SameIdAndSpecIsTheSameJob) {
  Create("a", "step:1 hang");
  auto again = jobs().CreateJob(MakeRequest("a", "step:1 hang"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), "trainingJobs/a");
  const absl::Status other = jobs().CreateJob(MakeRequest("a", "finish")).status();
  EXPECT_TRUE(absl::IsAlreadyExists(other)) << other;
  EXPECT_EQ(GetErrorDetail(other).reason, "JOB_EXISTS");
}

TEST_F(JobManagerTest, SameRequestIdIsTheSameJob) {
  auto request = MakeRequest("", "finish");
  request.set_request_id("0b7c5b9e-0d3f-4c4f-9a55-111111111111");
  const auto first = jobs().CreateJob(request);
  const auto second = jobs().CreateJob(request);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->name(), second->name());
  EXPECT_THAT(first->name(), testing::StartsWith("trainingJobs/digits-"));
}

TEST_F(JobManagerTest, ValidateOnlyKeepsNothing) {
  auto request = MakeRequest("a", "finish");
  request.set_validate_only(true);
  auto job = jobs().CreateJob(request);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->name(), "trainingJobs/a");
  EXPECT_TRUE(absl::IsNotFound(store_->GetJob("trainingJobs/a").status()));
  EXPECT_FALSE(FileSystem::Posix()->Exists(Folder("a")));
  request.mutable_spec()->mutable_overrides()->set_steps(-1);
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).field, "spec.overrides.steps");
}

TEST_F(JobManagerTest, MalformedRequestsNameTheField) {
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(MakeRequest("Not An Id", "finish")).status()).field, "training_job_id");
  auto request = MakeRequest("a", "finish");
  request.set_request_id(std::string(100, 'r'));
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).field, "request_id");
  v1::GetTrainingJobRequest get;
  get.set_name("jobs/a/b");
  EXPECT_EQ(GetErrorDetail(jobs().Get(get).status()).field, "name");
  v1::WatchTrainingJobRequest watch;
  watch.set_name("a");
  watch.set_after_revision(-1);
  EXPECT_EQ(GetErrorDetail(jobs().Watch(watch, {}).status()).field, "after_revision");
  watch.clear_after_revision();
  for (const auto& [seconds, nanos] : std::vector<std::pair<int64_t, int>>{
           {0, 0}, {0, 999'999'999}, {-1, 0}, {5, -5}, {5, 1'000'000'000}, {1'000'000'000'000, 0}}) {
    watch.mutable_heartbeat_interval()->set_seconds(seconds);
    watch.mutable_heartbeat_interval()->set_nanos(nanos);
    EXPECT_EQ(GetErrorDetail(jobs().Watch(watch, {}).status()).field, "heartbeat_interval") << seconds << " " << nanos;
  }
  v1::ListTrainingJobsRequest list;
  list.add_states(static_cast<v1::TrainingJobState>(77));
  EXPECT_EQ(GetErrorDetail(jobs().List(list).status()).field, "states[0]");
  list.clear_states();
  for (int i = 0; i < 10; ++i) list.add_states(v1::TRAINING_JOB_STATE_QUEUED);
  EXPECT_TRUE(jobs().List(list).ok());
  list.add_states(v1::TRAINING_JOB_STATE_QUEUED);
  EXPECT_EQ(GetErrorDetail(jobs().List(list).status()).field, "states");
}

TEST_F(JobManagerTest, UnknownJobIsNotFound) {
  Create("digits-1", "finish");
  EXPECT_TRUE(absl::IsNotFound(Pause("nope").status()));
  EXPECT_TRUE(absl::IsNotFound(Cancel("nope").status()));
  EXPECT_TRUE(absl::IsNotFound(Delete("nope")));
  v1::WatchTrainingJobRequest watch;
  watch.set_name("digits-2");
  const absl::Status status = jobs().Watch(watch, {}).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Did you mean 'digits-1'?"));
}

TEST_F(JobManagerTest, RevisionThatTheJobHasNotComeToIsToldWithTheNewest) {
  const int64_t newest = RunToEnd("a", "finish").revision();
  v1::WatchTrainingJobRequest request;
  request.set_name("a");
  request.set_after_revision(newest + 1);
  EventLog log;
  const absl::Status status = jobs().Watch(request, log.Watcher()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "REVISION_AHEAD");
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("revision ", newest, " and not to ", newest + 1)));
  request.set_after_revision(newest);
  EXPECT_TRUE(jobs().Watch(request, log.Watcher()).ok());
  EXPECT_TRUE(log.WaitForEnd().ok());
}

TEST_F(JobManagerTest, FullQueueRefusesAndLeavesNothing) {
  options_.max_queued = 1;
  Create("a", "step:1 hang");
  EventLog log;
  Watch("a", &log);
  log.WaitForStep(1);
  Create("b", "finish");
  const absl::Status status = jobs().CreateJob(MakeRequest("c", "finish")).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_TRUE(GetErrorDetail(status).retry_after.has_value());
  EXPECT_FALSE(FileSystem::Posix()->Exists(Folder("c")));
}

TEST_F(JobManagerTest, DeleteTakesTheFilesAndFreesTheId) {
  RunToEnd("a", "print:old fail:3");
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_FALSE(FileSystem::Posix()->Exists(Folder("a")));
  EXPECT_TRUE(absl::IsNotFound(Delete("a")));
  EXPECT_EQ(RunToEnd("a", "finish").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Get("a").revision(), store_->ListEvents("trainingJobs/a", 0, 100)->back().revision());
}

TEST_F(JobManagerTest, AnIdIsFreeWhileTheFilesOfTheJobBeforeGo) {
  HeldFileSystem disk(FileSystem::Posix());
  options_.file_system = &disk;
  RunToEnd("a", "finish");
  const std::string old_bytes = FileSystem::Posix()->ReadFile(Folder("a") + "/spec.binpb").value();
  disk.HoldRemovals("/a.tmp-");
  Thread deletion("delete", [&] { EXPECT_TRUE(Delete("a").ok()); });
  disk.AwaitHeld();
  // The id means nothing, or a new job, and what goes is never the new one's.
  EXPECT_TRUE(absl::IsNotFound(Delete("a")));
  Create("a", "step:1 hang");
  disk.HoldRemovals("");
  deletion.Join();
  EXPECT_NE(FileSystem::Posix()->ReadFile(Folder("a") + "/spec.binpb").value(), old_bytes);
  ASSERT_TRUE(Cancel("a", true).ok());
  EventLog log;
  Watch("a", &log);
  EXPECT_TRUE(log.WaitForEnd().ok());
  jobs_.reset();  // before its disk
}

TEST_F(JobManagerTest, RunningJobIsNotDeleted) {
  Create("a", "step:1 hang");
  EXPECT_TRUE(absl::IsFailedPrecondition(Delete("a")));
  EXPECT_TRUE(FileSystem::Posix()->Exists(Folder("a")));
}

TEST_F(JobManagerTest, NewJobDoesNotInheritFilesOfALostOne) {
  FileSystem* files = FileSystem::Posix();
  ASSERT_TRUE(files->CreateDirs(Folder("a")).ok());
  ASSERT_TRUE(files->WriteFileAtomically(Folder("a") + "/saved", "90").ok());
  Create("a", "step:10 finish");
  EventLog log;
  Watch("a", &log);
  ASSERT_TRUE(log.WaitForEnd().ok());
  EXPECT_EQ(Get("a").progress().step(), 10);  // not skipped as already trained
}

TEST_F(JobManagerTest, BundleIsThatOfAJobThatSucceeded) {
  RunToEnd("a", "finish");
  RunToEnd("b", "exit:1");
  auto bundle = jobs().BundleOf("a");
  ASSERT_TRUE(bundle.ok());
  EXPECT_TRUE(FileSystem::Posix()->Exists(*bundle + "/model.json"));
  const absl::Status status = jobs().BundleOf("trainingJobs/b").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(GetErrorDetail(status).reason, "JOB_NOT_SUCCEEDED");
  ASSERT_TRUE(jobs().AddPublished("a", "models/digits@1").ok());
  ASSERT_TRUE(jobs().AddPublished("a", "models/digits@1").ok());
  EXPECT_THAT(Get("a").published(), ElementsAre("models/digits@1"));
}

TEST_F(JobManagerTest, ListsByStateInPages) {
  RunToEnd("a", "finish");
  RunToEnd("b", "exit:1");
  RunToEnd("c", "finish");
  v1::ListTrainingJobsRequest request;
  request.add_states(v1::TRAINING_JOB_STATE_SUCCEEDED);
  request.set_page_size(1);
  auto first = jobs().List(request);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->training_jobs(0).name(), "trainingJobs/c");
  request.set_page_token(first->next_page_token());
  auto second = jobs().List(request);
  EXPECT_EQ(second->training_jobs(0).name(), "trainingJobs/a");
  EXPECT_THAT(second->next_page_token(), IsEmpty());
  request.add_states(v1::TRAINING_JOB_STATE_FAILED);
  EXPECT_EQ(GetErrorDetail(jobs().List(request).status()).reason, "BAD_PAGE_TOKEN") << "of another listing";
  request.set_page_token("999999");
  EXPECT_EQ(GetErrorDetail(jobs().List(request).status()).reason, "BAD_PAGE_TOKEN") << "made up";
}

TEST_F(JobManagerTest, DatasetOfARunningJobIsInUse) {
  Create("a", "step:1 hang");
  const absl::Status used = datasets_.CheckUsage("datasets/digits@2");
  EXPECT_TRUE(absl::IsFailedPrecondition(used));
  EXPECT_EQ(GetErrorDetail(used).reason, "DATASET_IN_USE");
  EXPECT_THAT(std::string(used.message()), HasSubstr("trainingJobs/a"));
  EXPECT_TRUE(datasets_.CheckUsage("datasets/digits@1").ok());
  EventLog log;
  Watch("a", &log);
  ASSERT_TRUE(Cancel("a", true).ok());
  ASSERT_TRUE(log.WaitForEnd().ok());
  EXPECT_TRUE(datasets_.CheckUsage("datasets/digits@2").ok());
}

TEST_F(JobManagerTest, ExitsAreCounted) {
  RunToEnd("a", "finish");
  RunToEnd("b", "exit:1");
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_trainer_exits_total{outcome=\"success\"} 1"));
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_trainer_exits_total{outcome=\"failure\"} 1"));
  EXPECT_THAT(metrics_->Text(), HasSubstr("facet_training_jobs{state=\"failed\"} 1"));
}

TEST_F(JobManagerTest, OptionsThatCannotBeMeantAreRefused) {
  options_.store = store_.get();
  JobManagerOptions options = options_;
  options.max_running = 0;
  EXPECT_EQ(GetErrorDetail(JobManager::Create(options).status()).field, "max_running");
  options = options_;
  options.trainer_path.clear();
  EXPECT_EQ(GetErrorDetail(JobManager::Create(options).status()).field, "trainer_path");
}

}  // namespace
}  // namespace facet::server
