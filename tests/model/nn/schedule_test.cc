// SPDX-License-Identifier: Apache-2.0
#include "model/nn/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace facet::model {
namespace {

SchedulePlan Schedule(ScheduleKind kind) { return {.kind = kind, .interval = 1000}; }

TEST(ScheduleTest, PaperHalvesAfterEveryInterval) {
  const SchedulePlan plan = Schedule(ScheduleKind::kPaper);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 2e-4, 0, 40000), 2e-4);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 2e-4, 999, 40000), 2e-4);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 2e-4, 1000, 40000), 1e-4);
  EXPECT_NEAR(LearningRate(plan, 2e-4, 39999, 40000), 3.6e-16, 0.05e-16);
}

TEST(ScheduleTest, ThePapersRunIsWorth2000Steps) {
  double sum = 0;
  for (int step = 0; step < 40000; ++step) sum += LearningRate(Schedule(ScheduleKind::kPaper), 1, step, 40000);
  EXPECT_NEAR(sum, 2000, 1e-3);
}

TEST(ScheduleTest, StepNeverFallsBelowItsFloor) {
  SchedulePlan plan = Schedule(ScheduleKind::kStep);
  plan.factor = 0.1;
  plan.floor = 5e-3;
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1, 500, 9000), 1);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1, 1000, 9000), 0.1);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1, 2999, 9000), 0.01);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1, 8999, 9000), 5e-3);
}

TEST(ScheduleTest, CosineGoesFromTheBaseToTheFloor) {
  SchedulePlan plan = Schedule(ScheduleKind::kCosine);
  plan.floor = 0.2;
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1, 0, 101), 1);
  EXPECT_NEAR(LearningRate(plan, 1, 50, 101), 0.6, 1e-12);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1, 100, 101), 0.2);
  for (int step = 1; step <= 100; ++step) {
    EXPECT_LT(LearningRate(plan, 1, step, 101), LearningRate(plan, 1, step - 1, 101));
  }
}

TEST(ScheduleTest, WarmsUpInEqualSteps) {
  for (const ScheduleKind kind : {ScheduleKind::kPaper, ScheduleKind::kStep, ScheduleKind::kCosine}) {
    SchedulePlan plan = Schedule(kind);
    plan.warmup_steps = 3;
    for (int step = 0; step <= 3; ++step) {
      EXPECT_NEAR(LearningRate(plan, 1, step, 100), (step + 1) / 4.0, 1e-12) << step;
    }
    EXPECT_LE(LearningRate(plan, 1, 4, 100), 1);
  }
}

TEST(ScheduleTest, AFloorAboveTheBaseCountsAsTheBase) {
  SchedulePlan plan = Schedule(ScheduleKind::kStep);
  plan.floor = 5;
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1, 90, 100), 1);
  plan.kind = ScheduleKind::kCosine;
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1, 90, 100), 1);
}

TEST(ScheduleTest, ShortRunsAreFinite) {
  for (const ScheduleKind kind : {ScheduleKind::kPaper, ScheduleKind::kStep, ScheduleKind::kCosine}) {
    for (const int steps : {1, 2, 3}) {
      for (const int warmup : {0, 1, 3}) {
        SchedulePlan plan = Schedule(kind);
        plan.warmup_steps = warmup;
        for (int step = 0; step < steps; ++step) {
          const double rate = LearningRate(plan, 1, step, steps);
          EXPECT_TRUE(std::isfinite(rate) && rate >= 0 && rate <= 1) << rate;
        }
        EXPECT_GT(LearningRate(plan, 1, 0, steps), 0);
      }
    }
  }
}

}  // namespace
}  // namespace facet::model
