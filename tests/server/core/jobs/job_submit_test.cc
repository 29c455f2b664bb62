// SPDX-License-Identifier: Apache-2.0
// What CreateJob promises: once for each request, estimates, starting points.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sealed_folder.h"
#include "model/train/checkpoint_store.h"
#include "server/core/jobs/job_plan.h"
#include "tests/server/core/jobs/job_harness.h"
#include "tests/server/core/jobs/start_checkpoint.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class JobSubmitTest : public JobHarness {
 protected:
  // Of that job.
  void WriteCheckpoint(const std::string& id, int step) {
    SaveStartCheckpoint(datasets_, model::CheckpointStore(FileSystem::Posix(), Folder(id) + "/checkpoints"), step);
  }
  v1::CreateTrainingJobRequest StartingFrom(const std::string& id, const std::string& job, int steps) {
    auto request = MakeRequest(id, "finish");
    request.mutable_spec()->mutable_start()->set_training_job(job);
    request.mutable_spec()->mutable_overrides()->set_steps(steps);
    return request;
  }
  // As many as may wait, while "first" trains by `script`, which begins with a
  // step.
  void QueueFiveHundred(const std::string& script, EventLog* first) {
    options_.max_queued = 500;
    Create("first", script);
    Watch("first", first);
    first->WaitForStep(1);
    for (int i = 0; i < 500; ++i) Create(absl::StrCat("j", i), "finish");
  }
  internal::TrainerSpec TrainerSpecOf(const std::string& id) {
    internal::TrainerSpec spec;
    EXPECT_TRUE(spec.ParseFromString(FileSystem::Posix()->ReadFile(Folder(id) + "/spec.binpb").value_or("")));
    return spec;
  }
};

TEST_F(JobSubmitTest, RequestIdThatMadeAnotherJobIsRefused) {
  auto request = MakeRequest("", "finish");
  request.set_request_id("r");
  const auto first = jobs().CreateJob(request);
  ASSERT_TRUE(first.ok());
  *request.mutable_spec() = SpecFor("step:1 finish");
  const absl::Status other_spec = jobs().CreateJob(request).status();
  EXPECT_TRUE(absl::IsAlreadyExists(other_spec));
  EXPECT_EQ(GetErrorDetail(other_spec).reason, "REQUEST_ID_REUSED");
  *request.mutable_spec() = SpecFor("finish");
  request.set_training_job_id("another");
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).reason, "REQUEST_ID_REUSED");
}

TEST_F(JobSubmitTest, SameSpecAttachesAcrossRestartsAndAfterTheEnd) {
  RunToEnd("a", "finish");
  Restart();
  auto again = MakeRequest("a", "finish");
  again.set_priority(3);  // no part of what is trained
  const auto job = jobs().CreateJob(again);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
}

TEST_F(JobSubmitTest, ValidateOnlyEstimates) {
  auto request = MakeRequest("a", "finish");
  request.set_validate_only(true);
  const auto job = jobs().CreateJob(request);
  ASSERT_TRUE(job.ok()) << job.status();
  const v1::ResourceEstimate& estimate = job->estimate();
  // Weights and two moments of 3.4 million parameters.
  EXPECT_EQ(estimate.checkpoint_bytes(), 40'882'032);
  EXPECT_GT(estimate.memory_bytes(), estimate.checkpoint_bytes());
  EXPECT_GT(estimate.disk_bytes(), 3 * estimate.checkpoint_bytes());
  EXPECT_GT(estimate.duration().seconds(), 0);
  EXPECT_THAT(estimate.duration_basis(), HasSubstr("GFLOP a step"));
}

TEST_F(JobSubmitTest, SpeedOfAnEarlierJobIsTheBasisOfTheNext) {
  RunToEnd("a", "step:1 finish");
  v1::TrainingJob ran = store_->GetJob("trainingJobs/a")->job;
  ran.mutable_report()->set_train_images_per_second(1000);
  ASSERT_TRUE(store_->PutJob(ran).ok());
  auto request = MakeRequest("b", "finish");
  request.set_validate_only(true);
  request.mutable_spec()->mutable_overrides()->set_steps(500);
  request.mutable_spec()->mutable_overrides()->set_batch_size(20);
  const auto job = jobs().CreateJob(request);
  EXPECT_THAT(job->estimate().duration_basis(), HasSubstr("trainingJobs/a"));
  EXPECT_GT(job->estimate().duration().seconds(), 10);  // those of training, and the judge
  EXPECT_THAT(job->estimate().duration_basis(), HasSubstr("for the judge"));
}

TEST_F(JobSubmitTest, PriorityAndCheckpointsAreCheckedAndKept) {
  auto request = MakeRequest("a", "finish");
  request.set_priority(101);
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).field, "priority");
  request.set_priority(-100);
  request.mutable_spec()->mutable_checkpoints()->set_keep(101);
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).field, "spec.checkpoints.keep");
  request.mutable_spec()->mutable_checkpoints()->set_keep(7);
  ASSERT_TRUE(jobs().CreateJob(request).ok());
  EXPECT_EQ(Get("a").priority(), -100);
  EXPECT_EQ(TrainerSpecOf("a").checkpoints().keep(), 7);
}

TEST_F(JobSubmitTest, SpecsAreBounded) {
  auto request = MakeRequest("a", "finish");
  for (int i = 0; i <= 1000; ++i) request.mutable_spec()->add_hold_out()->set_name(absl::StrCat("r", i));
  const absl::Status many = jobs().CreateJob(request).status();
  EXPECT_EQ(GetErrorDetail(many).field, "spec.hold_out") << many;
  EXPECT_EQ(GetErrorDetail(many).reason, "OUT_OF_RANGE");
  request.mutable_spec()->mutable_hold_out()->RemoveLast();
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).field, "spec.hold_out[0].per") << "the next thing wrong";
  request = MakeRequest("a", "finish");
  request.mutable_spec()->add_hold_out()->set_name(std::string(1 << 20, 'x'));
  const absl::Status large = jobs().CreateJob(request).status();
  EXPECT_TRUE(absl::IsInvalidArgument(large)) << large;
  EXPECT_EQ(GetErrorDetail(large).field, "spec");
  EXPECT_EQ(GetErrorDetail(large).reason, "SPEC_TOO_LARGE");
}

TEST_F(JobSubmitTest, StartsFromACopyOfACheckpoint) {
  RunToEnd("a", "finish");
  WriteCheckpoint("a", 40);
  WriteCheckpoint("a", 80);
  ASSERT_TRUE(jobs().CreateJob(StartingFrom("b", "a", 100)).ok());
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_TRUE(VerifySealedFolder(*FileSystem::Posix(), Folder("b") + "/start").ok());
  EXPECT_TRUE(TrainerSpecOf("b").start().is_checkpoint());
  EXPECT_THAT(TrainerSpecOf("b").start().lineage(), ElementsAre("trainingJobs/a@80"));
  WriteCheckpoint("b", 90);
  auto request = StartingFrom("c", "trainingJobs/b", 100);
  request.mutable_spec()->mutable_start()->set_step(90);
  ASSERT_TRUE(jobs().CreateJob(request).ok());
  EXPECT_THAT(TrainerSpecOf("c").start().lineage(), ElementsAre("trainingJobs/b@90", "trainingJobs/a@80"));
}

TEST_F(JobSubmitTest, StartingPointThatDoesNotFitIsRefusedWithItsField) {
  RunToEnd("a", "finish");
  const absl::Status none = jobs().CreateJob(StartingFrom("b", "a", 100)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(none)) << none;
  EXPECT_EQ(GetErrorDetail(none).reason, "NO_CHECKPOINT");
  WriteCheckpoint("a", 80);
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(StartingFrom("b", "a", 80)).status()).field, "spec.overrides.steps");
  auto request = StartingFrom("b", "a", 100);
  request.mutable_spec()->mutable_start()->set_step(70);
  const absl::Status other = jobs().CreateJob(request).status();
  EXPECT_TRUE(absl::IsNotFound(other));
  EXPECT_THAT(std::string(other.message()), HasSubstr("newest is of step 80"));
  request.mutable_spec()->mutable_start()->set_step(-1);
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).field, "spec.start.step");
  const absl::Status unknown = jobs().CreateJob(StartingFrom("b", "aa", 100)).status();
  EXPECT_TRUE(absl::IsNotFound(unknown)) << unknown;
  EXPECT_EQ(GetErrorDetail(unknown).resource->name, "trainingJobs/aa");
  request = StartingFrom("b", "a", 100);
  request.mutable_spec()->mutable_inline_preset()->mutable_generator()->set_base_channels(32);
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).reason, "OTHER_SHAPES");
  request.mutable_spec()->mutable_start()->clear_origin();
  EXPECT_EQ(GetErrorDetail(jobs().CreateJob(request).status()).field, "spec.start");
  EXPECT_FALSE(FileSystem::Posix()->Exists(Folder("b")));
}

TEST_F(JobSubmitTest, StartsFromAModelWithItsLineage) {
  RunToEnd("a", "finish");
  auto plan = PlanJob({FileSystem::Posix(), PresetDir(), &datasets_}, SpecFor(""));
  const std::string bundle = store_.folder() / "bundle";
  auto writer = SealedFolderWriter::Create(FileSystem::Posix(), bundle).value();
  ASSERT_TRUE(writer->Add("weights.safetensors", "w").ok() && writer->Commit().ok());
  options_.find_model = [&](const std::string& name) -> absl::StatusOr<FoundModel> {
    if (name != "digits@stable") return absl::NotFoundError("no such model");
    FoundModel found;
    found.version.set_name("models/digits@3");
    *found.version.mutable_card()->mutable_preset() = plan->trainer.preset();
    *found.version.mutable_card()->mutable_schema() = datasets_.schema();
    found.version.mutable_card()->set_height(28);
    found.version.mutable_card()->add_lineage("models/digits@1");
    found.bundle_dir = bundle;
    return found;
  };
  Restart();
  auto request = MakeRequest("b", "finish");
  request.mutable_spec()->mutable_start()->set_model("digits@stable");
  const auto job = jobs().CreateJob(request);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_FALSE(TrainerSpecOf("b").start().is_checkpoint());
  EXPECT_THAT(TrainerSpecOf("b").start().lineage(), ElementsAre("models/digits@3", "models/digits@1"));
  EXPECT_EQ(FileSystem::Posix()->ReadFile(Folder("b") + "/start/weights.safetensors").value(), "w");
  request.set_training_job_id("c");
  request.mutable_spec()->mutable_start()->set_model("nope");
  EXPECT_TRUE(absl::IsNotFound(jobs().CreateJob(request).status()));
  request.mutable_spec()->mutable_start()->set_model("No such!");
  const absl::Status malformed = jobs().CreateJob(request).status();
  EXPECT_EQ(GetErrorDetail(malformed).field, "spec.start.model") << malformed;
}

TEST_F(JobSubmitTest, WhatADeadServerWasMakingOrRemovingGoes) {
  RunToEnd("a", "finish");
  RunToEnd("b", "finish");
  FileSystem& files = *FileSystem::Posix();
  // Died with the folder written and the job not kept; with the job kept; with
  // a folder out of the way that was to be removed.
  ASSERT_TRUE(files.CreateDirs(Folder("half")).ok());
  ASSERT_TRUE(files.WriteFileAtomically(Folder("half") + "/.making", "").ok());
  ASSERT_TRUE(files.WriteFileAtomically(Folder("half") + "/spec.binpb", "spec").ok());
  ASSERT_TRUE(files.WriteFileAtomically(Folder("a") + "/.making", "").ok());
  ASSERT_TRUE(files.CreateDirs(Folder("c.tmp-0123")).ok());
  // And with the folder not yet under its name.
  ASSERT_TRUE(files.CreateDirs(Folder("making.tmp-4567/start.tmp-89")).ok());
  // Of another database.
  ASSERT_TRUE(files.CreateDirs(Folder("unknown")).ok());
  Restart();
  jobs();
  EXPECT_THAT(files.List(options_.root).value(), ElementsAre("a", "b", "unknown"));
  EXPECT_FALSE(files.Exists(Folder("a") + "/.making"));
  EXPECT_FALSE(files.Exists(Folder("b") + "/.making"));
  EXPECT_TRUE(files.Exists(Folder("a") + "/spec.binpb"));
}

TEST_F(JobSubmitTest, FiveHundredJobsWaitAndSurviveARestart) {
  EventLog first;
  QueueFiveHundred("step:1 hang", &first);
  EXPECT_TRUE(absl::IsResourceExhausted(jobs().CreateJob(MakeRequest("more", "finish")).status()));
  Restart();
  v1::ListTrainingJobsRequest request;
  request.set_page_size(1000);
  EXPECT_EQ(jobs().List(request)->training_jobs_size(), 501);
  EXPECT_EQ(Get("j499").state(), v1::TRAINING_JOB_STATE_QUEUED);
}

TEST_F(JobSubmitTest, FiveHundredJobsAreListedInPagesCancelledAndKeepTheirOrder) {
  EventLog first;
  QueueFiveHundred("step:1 once:hang finish", &first);
  v1::ListTrainingJobsRequest request;
  request.set_page_size(77);
  request.add_states(v1::TRAINING_JOB_STATE_QUEUED);
  std::vector<std::string> listed;
  do {
    const auto page = jobs().List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->training_jobs_size(), 77);
    for (const auto& job : page->training_jobs()) listed.push_back(job.name());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  ASSERT_EQ(listed.size(), 500u);
  EXPECT_EQ(listed.front(), "trainingJobs/j499");
  EXPECT_EQ(listed.back(), "trainingJobs/j0");
  EXPECT_EQ(std::set<std::string>(listed.begin(), listed.end()).size(), 500u);
  // All but every fiftieth.
  std::vector<std::string> left;
  for (int i = 0; i < 500; ++i) {
    const std::string id = absl::StrCat("j", i);
    if (i % 50 == 7) {
      left.push_back(id);
    } else {
      ASSERT_EQ(Cancel(id)->state(), v1::TRAINING_JOB_STATE_CANCELLED) << id;
    }
  }
  Restart();
  absl::Time before = absl::InfinitePast();
  for (const std::string& id : left) {
    EventLog log;
    Watch(id, &log);
    ASSERT_TRUE(log.WaitForEnd().ok()) << id;
    const v1::TrainingJob job = Get(id);
    EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_SUCCEEDED) << id;
    const absl::Time started =
        absl::FromUnixSeconds(job.start_time().seconds()) + absl::Nanoseconds(job.start_time().nanos());
    EXPECT_LT(before, started) << id << " ran out of order";
    before = started;
  }
  EXPECT_EQ(Get("j0").attempt(), 0) << "it was cancelled";
}

}  // namespace
}  // namespace facet::server
