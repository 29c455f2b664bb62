// SPDX-License-Identifier: Apache-2.0
// Jobs with a task, from their creation to their end, by a fake trainer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sealed_folder.h"
#include "tests/base/status_is.h"
#include "tests/server/core/jobs/task_samples.h"

namespace facet::server {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class TaskJobsTest : public JobHarness {
 protected:
  TaskJobsTest() {
    const std::string bundle = store_.folder() / "bundle";
    const auto writer = SealedFolderWriter::Create(FileSystem::Posix(), bundle);
    EXPECT_THAT((*writer)->Add("model.json", "{}"), IsOk());
    EXPECT_THAT((*writer)->Commit(), IsOk());
    options_.find_model = FindDigitsModel(bundle);
  }
  absl::StatusOr<v1::TrainingJob> CreateTask(const std::string& id, v1::TrainingSpec spec, const std::string& script) {
    v1::CreateTrainingJobRequest request;
    request.set_training_job_id(id);
    *spec.mutable_inline_preset() = SpecFor(script).inline_preset();
    *request.mutable_spec() = std::move(spec);
    return jobs().CreateJob(request);
  }
  v1::TrainingJob WaitForEnd(const std::string& id) {
    EventLog log;
    Watch(id, &log);
    EXPECT_TRUE(log.WaitForEnd().ok());
    transitions_ = log.transitions();
    return Get(id);
  }

  std::vector<std::string> transitions_;
};

TEST_F(TaskJobsTest, TheModelIsCopiedBeforeTheJobIsAcknowledged) {
  const auto job = CreateTask("a", EvaluationSpec(), "hang");
  ASSERT_THAT(job, IsOk());
  EXPECT_EQ(job->model_version(), "models/digits@1");
  EXPECT_EQ(*ReadSealedFile(*FileSystem::Posix(), Folder("a") + "/start", "model.json"), "{}");
  internal::TrainerSpec spec;
  ASSERT_TRUE(spec.ParseFromString(*FileSystem::Posix()->ReadFile(Folder("a") + "/spec.binpb")));
  EXPECT_EQ(spec.evaluation().model(), "digits");
  EXPECT_EQ(spec.hold_out(0).name(), "of_the_model");
}

TEST_F(TaskJobsTest, ReportsEndInTheJob) {
  ASSERT_THAT(CreateTask("a", AugmentationSpec(), "phase:judging phase:training kept compared"), IsOk());
  const v1::TrainingJob job = WaitForEnd("a");
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  EXPECT_EQ(job.augmentation_report().feature(), "digit");
  EXPECT_FALSE(job.has_report());
  EXPECT_THAT(job.test_dataset_versions(), ElementsAre("datasets/digits@2"));
  EXPECT_THAT(transitions_, Contains("judging begins"));
  EXPECT_FALSE(FileSystem::Posix()->Exists(Folder("a") + "/curve.svg"));
}

TEST_F(TaskJobsTest, MakeNoModel) {
  ASSERT_THAT(CreateTask("a", EvaluationSpec(), "finish"), IsOk());
  EXPECT_EQ(WaitForEnd("a").state(), v1::TRAINING_JOB_STATE_SUCCEEDED);
  const auto bundle = jobs().BundleOf("a");
  EXPECT_THAT(bundle, HasReason(absl::StatusCode::kFailedPrecondition, "NO_MODEL"));
}

TEST_F(TaskJobsTest, DataSetsOfTestsStayWhileTheyAreNeeded) {
  ASSERT_THAT(CreateTask("a", AugmentationSpec(), "hang"), IsOk());
  for (const char* used : {"datasets/digits@1", "datasets/digits@2"}) {
    const absl::Status status = datasets_.CheckUsage(used);
    EXPECT_THAT(status, HasReason(absl::StatusCode::kFailedPrecondition, "DATASET_IN_USE"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("trainingJobs/a"));
  }
  EXPECT_THAT(datasets_.CheckUsage("datasets/small@1"), IsOk());
  ASSERT_TRUE(Cancel("a").ok());
  WaitForEnd("a");
  EXPECT_THAT(datasets_.CheckUsage("datasets/digits@2"), IsOk());
}

TEST_F(TaskJobsTest, APartThatIsKeptCountsAsGettingOn) {
  // 3 restarts are allowed without anything new.
  ASSERT_THAT(CreateTask("a", AugmentationSpec(), "phase:training kept signal:9"), IsOk());
  ASSERT_THAT(CreateTask("b", AugmentationSpec(), "phase:training signal:9"), IsOk());
  EventLog log;
  Watch("a", &log);
  log.WaitForState(v1::TRAINING_JOB_STATE_STARTING, 6);
  EXPECT_NE(Get("a").state(), v1::TRAINING_JOB_STATE_FAILED) << "it goes on as long as it gets on";
  ASSERT_TRUE(Cancel("a", true).ok());
  EXPECT_EQ(WaitForEnd("b").state(), v1::TRAINING_JOB_STATE_FAILED);
}

TEST_F(TaskJobsTest, TheSameIdAndSpecIsTheSameJob) {
  const auto first = CreateTask("a", EvaluationSpec(), "hang");
  const auto again = CreateTask("a", EvaluationSpec(), "hang");
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->create_time().seconds(), first->create_time().seconds());
  v1::TrainingSpec other = EvaluationSpec();
  other.mutable_judge()->set_seed(4);
  EXPECT_THAT(CreateTask("a", other, "hang"), HasReason(absl::StatusCode::kAlreadyExists, "JOB_EXISTS"));
}

}  // namespace
}  // namespace facet::server
