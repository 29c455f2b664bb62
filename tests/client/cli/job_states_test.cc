// SPDX-License-Identifier: Apache-2.0
#include "client/cli/job_states.h"

#include <string>
#include <vector>

#include "tests/base/status_is.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

v1::TrainingJob MakeJob(const std::string& name, v1::TrainingJobState state, int priority, int made,
                        bool begun = false) {
  v1::TrainingJob job;
  job.set_name(name);
  job.set_state(state);
  job.set_priority(priority);
  job.mutable_create_time()->set_seconds(made);
  if (begun) job.mutable_start_time()->set_seconds(made + 1);
  return job;
}

TEST(ParseStatesTest, ReadsTheNamesThatArePrinted) {
  const auto states = ParseStates({"queued", "cancelled"});
  ASSERT_THAT(states.status(), IsOk());
  EXPECT_THAT(*states, ElementsAre(v1::TRAINING_JOB_STATE_QUEUED, v1::TRAINING_JOB_STATE_CANCELLED));
  EXPECT_THAT(ParseStates({"runing"}).status(),
              IsError(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("'runing'"), HasSubstr("'running'"))));
  EXPECT_THAT(ParseStates({"unspecified"}).status(), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("There")));
}

TEST(CountByStateTest, LeavesOutStatesOfNone) {
  EXPECT_THAT(CountByState({MakeJob("a", v1::TRAINING_JOB_STATE_FAILED, 0, 1),
                            MakeJob("b", v1::TRAINING_JOB_STATE_QUEUED, 0, 2),
                            MakeJob("c", v1::TRAINING_JOB_STATE_FAILED, 0, 3)}),
              ElementsAre(Pair("queued", 1), Pair("failed", 2)));
}

TEST(HasTrainerTest, IsSoFromStartToEnd) {
  EXPECT_TRUE(HasTrainer(v1::TRAINING_JOB_STATE_RUNNING));
  EXPECT_TRUE(HasTrainer(v1::TRAINING_JOB_STATE_RECOVERING));
  EXPECT_FALSE(HasTrainer(v1::TRAINING_JOB_STATE_QUEUED));
  EXPECT_FALSE(HasTrainer(v1::TRAINING_JOB_STATE_PAUSED));
  EXPECT_FALSE(HasTrainer(v1::TRAINING_JOB_STATE_SUCCEEDED));
}

TEST(QueuePlaceTest, JobsThatLostTheirTrainerAreFirstAndResumedOnesBehindTheirEquals) {
  const auto queued = v1::TRAINING_JOB_STATE_QUEUED;
  const std::vector<v1::TrainingJob> waiting = {MakeJob("late", queued, 0, 9), MakeJob("early", queued, 0, 1),
                                                MakeJob("high", queued, 5, 8), MakeJob("resumed", queued, 0, 5, true),
                                                MakeJob("dead", v1::TRAINING_JOB_STATE_RECOVERING, -5, 7, true)};
  EXPECT_EQ(QueuePlace(waiting[2], waiting), "place 2 of 5 in the queue");
  EXPECT_EQ(QueuePlace(waiting[1], waiting), "place 3 of 5 in the queue");
  EXPECT_EQ(QueuePlace(waiting[0], waiting), "place 4 of 5 in the queue");
  EXPECT_EQ(QueuePlace(waiting[3], waiting), "place 5 of 5 in the queue");
  EXPECT_EQ(QueuePlace(MakeJob("x", v1::TRAINING_JOB_STATE_RUNNING, 0, 1), waiting), "");
}

}  // namespace
}  // namespace facet::cli
