// SPDX-License-Identifier: Apache-2.0
#include "client/cli/job_progress.h"

#include "client/cli/progress_bar.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

v1::TrainingProgress MakeProgress() {
  v1::TrainingProgress progress;
  progress.set_step(38);
  progress.set_total_steps(800);
  progress.set_phase("training");
  progress.set_images_per_second(1234.4);
  progress.mutable_time_left()->set_seconds(312);
  (*progress.mutable_losses())["generator"] = 133.4;
  (*progress.mutable_losses())["classes"] = 61.7;
  (*progress.mutable_losses())["pixels"] = 10;
  return progress;
}

TEST(FormatProgressTest, WhatIsNeededMostComesFirstAndStaysLongest) {
  EXPECT_THAT(FormatProgressTexts(MakeProgress()),
              ElementsAre("38/800, 1234 images/s, 5:12 left, loss 133.4 (classes 61.7, pixels 10)",
                          "38/800, 1234 images/s, 5:12 left, loss 133.4", "38/800, 1234 images/s, 5:12 left"));
  EXPECT_EQ(FormatProgress(MakeProgress()), FormatProgressTexts(MakeProgress()).front());
}

TEST(FormatProgressTest, A80ColumnTerminalHasBarRateAndTimeLeft) {
  const std::string line = FormatBar("digits-tryout-7", 0.04, FormatProgressTexts(MakeProgress()), 80);
  EXPECT_THAT(line, AllOf(HasSubstr("│"), HasSubstr("1234 images/s"), HasSubstr("5:12 left")));
}

TEST(FormatProgressTest, StepsOfNothingAreLeftOut) {
  v1::TrainingProgress progress;
  EXPECT_EQ(FormatProgress(progress), "");
  progress.set_phase("loading");
  EXPECT_EQ(FormatProgress(progress), "loading");
}

v1::TrainingJob MakeJob() {
  v1::TrainingJob job;
  job.set_name("trainingJobs/v");
  job.set_state(v1::TRAINING_JOB_STATE_QUEUED);
  job.set_priority(7);
  job.set_dataset_version("datasets/digits@1");
  job.mutable_spec()->set_preset("digits");
  job.mutable_estimate()->set_memory_bytes(1000);
  return job;
}

TEST(DescribeJobTest, HasPriorityAndPlace) {
  client::FakeServer server;
  const auto client = client::Client::Create({.address = server.address()}).value();
  EXPECT_THAT(DescribeJob(*client, MakeJob(), "place 3 of 12 in the queue"),
              AllOf(StartsWith("trainingJobs/v: queued, place 3 of 12 in the queue\n"), HasSubstr(", priority 7, ")));
  EXPECT_THAT(DescribeJob(*client, MakeJob()), StartsWith("trainingJobs/v: queued\n"));
}

TEST(DescribePlanTest, DoesNotReadAsIfTheJobWereThere) {
  EXPECT_THAT(DescribePlan(MakeJob()),
              AllOf(HasSubstr("not made"), HasSubstr("datasets/digits@1"), HasSubstr("needs about"),
                    Not(HasSubstr("queued")), Not(HasSubstr("attempt")), Not(HasSubstr("made -"))));
}

}  // namespace
}  // namespace facet::cli
