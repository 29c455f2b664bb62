// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/jobs.h"

#include "client/cli/exit_code.h"
#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/client/cli/experiments/fake_trainer.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;

v1::TrainingSpec Spec(int steps) {
  v1::TrainingSpec spec;
  spec.set_dataset("datasets/faces@1");
  spec.set_preset("face-64");
  spec.mutable_overrides()->set_steps(steps);
  return spec;
}

class JobsTest : public testing::Test {
 protected:
  JobsTest() : trainer_(server_) {
    context_.server = server_.address();
    context_.json = true;  // no progress on standard error
  }

  client::FakeServer server_;
  FakeTrainer trainer_;
  Context context_;
};

TEST_F(JobsTest, IdFollowsFromNameAndSpecAlone) {
  EXPECT_THAT(JobId("high-level", Spec(10)), MatchesRegex("high-level-[0-9a-f]{8}"));
  EXPECT_EQ(JobId("a", Spec(10)), JobId("a", Spec(10)));
  EXPECT_NE(JobId("a", Spec(10)), JobId("a", Spec(11)));
}

// A second computer, or the next release, must find the job again.
TEST_F(JobsTest, IdIsTheSameEverywhere) { EXPECT_EQ(JobId("a", Spec(10)), "a-dceeeca4"); }

TEST_F(JobsTest, AllAreMadeBeforeTheFirstIsFollowed) {
  const auto runs = RunJobs(context_, {{"one", "m", Spec(1), true}, {"two", "m-2", Spec(2), false}});
  ASSERT_THAT(runs, IsOk());
  ASSERT_EQ(trainer_.created.size(), 2u);
  EXPECT_EQ(trainer_.created[1].training_job_id(), JobId("m-2", Spec(2)));
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ(runs->at(0).label, "one");
  EXPECT_EQ(runs->at(0).model->name(), "models/m@1");
  EXPECT_EQ(runs->at(0).report().train_seconds(), 1);
  EXPECT_FALSE(runs->at(1).model.has_value());
}

TEST_F(JobsTest, SecondRunFindsJobAndModel) {
  const std::vector<PlannedJob> jobs = {{"one", "m", Spec(1), true}};
  ASSERT_THAT(RunJobs(context_, jobs), IsOk());
  const auto again = RunJobs(context_, jobs);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(trainer_.jobs.size(), 1u);
  EXPECT_EQ(trainer_.published, 1);
  EXPECT_EQ(again->at(0).model->name(), "models/m@1");
}

TEST_F(JobsTest, ModelThatWasRemovedIsPublishedAgain) {
  const std::vector<PlannedJob> jobs = {{"one", "m", Spec(1), true}};
  ASSERT_THAT(RunJobs(context_, jobs), IsOk());
  server_.models.get = [](const v1::GetModelRequest&, v1::ModelVersion*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "gone");
  };
  const auto again = RunJobs(context_, jobs);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->at(0).model->name(), "models/m@2");
}

TEST_F(JobsTest, FailedJobSaysHowToTryAgain) {
  trainer_.end = v1::TRAINING_JOB_STATE_FAILED;
  const auto runs = RunJobs(context_, {{"one", "m", Spec(1), true}});
  const std::string id = JobId("m", Spec(1));
  EXPECT_EQ(ExitCode(runs.status()), 9);
  EXPECT_THAT(std::string(runs.status().message()),
              AllOf(HasSubstr("ended as failed"), HasSubstr("facet jobs rm " + id)));
}

}  // namespace
}  // namespace facet::cli
