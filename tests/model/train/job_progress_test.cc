// SPDX-License-Identifier: Apache-2.0
#include "model/train/job_progress.h"

#include "base/fake_clock.h"
#include "gtest/gtest.h"
#include "tests/model/train/job_samples.h"

namespace facet::model {
namespace {

class JobProgressTest : public testing::Test {
 protected:
  const v1::TrainingProgress& Last() const { return sink_.events.back().progress(); }

  FakeClock clock_;
  RecordingSink sink_;
  JobProgress progress_{&clock_, &sink_};
};

TEST_F(JobProgressTest, APhaseIsToldAtOnce) {
  progress_.SetPlan(100);
  progress_.Phase("training", 20);
  EXPECT_EQ(Last().phase(), "training");
  EXPECT_EQ(Last().step(), 20);
  EXPECT_EQ(Last().total_steps(), 100);
  EXPECT_FALSE(Last().has_time_left());
}

TEST_F(JobProgressTest, TimeLeftIsThatOfTheStepsToCome) {
  progress_.SetPlan(100);
  progress_.Phase("training", 20);
  clock_.Advance(absl::Seconds(10));
  progress_.Step({25, {{"pixels", 3.0}}, 0.001, 32.0, {{25, {{"pixels", 2.5}}, 0.001}}});
  ASSERT_EQ(Last().points_size(), 1);
  EXPECT_EQ(Last().points(0).losses().at("pixels"), 2.5);
  EXPECT_EQ(Last().time_left().seconds(), 150);
  EXPECT_EQ(Last().losses().at("pixels"), 3.0);
  EXPECT_EQ(Last().learning_rate(), 0.001);
  EXPECT_EQ(Last().images_per_second(), 32.0);
  // Five times as fast now: the estimate follows, smoothed.
  clock_.Advance(absl::Seconds(10));
  progress_.Step({50, {}, 0.001, 160.0, {}});
  EXPECT_EQ(Last().time_left().seconds(), 76);
}

TEST_F(JobProgressTest, AFractionIsToldTwiceASecondAtTheMost) {
  progress_.Phase("judging");
  progress_.Fraction(0.1);
  EXPECT_EQ(sink_.events.size(), 1);
  clock_.Advance(absl::Seconds(10));
  progress_.Fraction(0.25);
  EXPECT_EQ(sink_.events.size(), 2);
  EXPECT_EQ(Last().time_left().seconds(), 30);
  progress_.Fraction(0.5);
  EXPECT_EQ(sink_.events.size(), 2);
}

TEST_F(JobProgressTest, AFractionOfATaskHasItsStep) {
  progress_.SetPlan(200);
  progress_.Phase("judging");
  clock_.Advance(absl::Seconds(10));
  progress_.Fraction(0.25, 50);
  EXPECT_EQ(Last().step(), 50);
  EXPECT_EQ(Last().total_steps(), 200);
  EXPECT_EQ(Last().time_left().seconds(), 30);
  progress_.Kept();
  EXPECT_TRUE(sink_.events.back().has_kept());
}

TEST_F(JobProgressTest, AFailedSaveCarriesItsReason) {
  progress_.Saved({5, absl::OkStatus(), 31.5, true, true, 1000});
  EXPECT_EQ(sink_.events.back().saved().error(), "");
  EXPECT_EQ(sink_.events.back().saved().checkpoint().psnr_db(), 31.5);
  EXPECT_TRUE(sink_.events.back().saved().checkpoint().best());
  progress_.Saved({10, absl::ResourceExhaustedError("full")});
  EXPECT_EQ(sink_.events.back().saved().step(), 10);
  EXPECT_EQ(sink_.events.back().saved().error(), "RESOURCE_EXHAUSTED: full");
}

}  // namespace
}  // namespace facet::model
