// SPDX-License-Identifier: Apache-2.0
#include "model/train/progress_meter.h"

#include "base/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ProgressMeterTest, ReportsMeansOfThePartsThatSteppedAndTheSpeed) {
  FakeClock clock;
  ProgressMeter meter(&clock, 64);
  meter.Begin();
  meter.Add({{"pixels", 4.0}, {"classifier", 1.0}});
  meter.Add({{"pixels", 2.0}});
  clock.Advance(absl::Seconds(2));
  const StepReport report = meter.Report(17, 0.25);
  EXPECT_EQ(report.step, 17);
  EXPECT_EQ(report.learning_rate, 0.25);
  EXPECT_THAT(report.losses, ElementsAre(Pair("classifier", 1.0), Pair("pixels", 3.0)));
  EXPECT_EQ(report.images_per_second, 64.0);
}

TEST(ProgressMeterTest, IsDueTwiceASecond) {
  FakeClock clock;
  ProgressMeter meter(&clock, 1);
  clock.Advance(absl::Milliseconds(499));
  EXPECT_FALSE(meter.IsDue());
  clock.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(meter.IsDue());
  meter.Report(1, 0);
  EXPECT_FALSE(meter.IsDue());
}

// Or a run that saves often would never be heard of.
TEST(ProgressMeterTest, IsDueHoweverOftenItBegins) {
  FakeClock clock;
  ProgressMeter meter(&clock, 1);
  for (int i = 0; i < 6; ++i) {
    clock.Advance(absl::Milliseconds(100));
    meter.Begin();
  }
  EXPECT_TRUE(meter.IsDue());
}

TEST(ProgressMeterTest, TimeBeforeBeginDoesNotCount) {
  FakeClock clock;
  ProgressMeter meter(&clock, 10);
  meter.Add({{"pixels", 1.0}});
  clock.Advance(absl::Seconds(100));
  meter.Begin();
  meter.Add({{"pixels", 3.0}});
  clock.Advance(absl::Seconds(1));
  const StepReport report = meter.Report(2, 0);
  EXPECT_EQ(report.images_per_second, 10.0);
  EXPECT_EQ(report.losses.at("pixels"), 2.0);
}

}  // namespace
}  // namespace facet::model
