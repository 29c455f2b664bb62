// SPDX-License-Identifier: Apache-2.0
#include "model/train/loss_curve.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::map<std::string, double> Losses(int step) { return {{"pixels", std::sqrt(step)}, {"classes", 1.0 / step}}; }

TEST(LossCurveTest, HasAThousandPointsAtTheMostAndTheLastStep) {
  LossCurve curve(2501);
  for (int step = 1; step <= 2501; ++step) curve.Add(step, Losses(step), 1e-3);
  EXPECT_LE(curve.points().size(), 1000u);
  EXPECT_EQ(curve.points().front().step, 3);
  EXPECT_EQ(curve.points().back().step, 2501);
}

TEST(LossCurveTest, APointIsTheMeanOfTheStepsThatHadTheLoss) {
  LossCurve curve(2000);
  curve.Add(1, {{"pixels", 1.0}}, 1e-3);
  EXPECT_THAT(curve.points(), IsEmpty());
  curve.Add(2, {{"pixels", 2.0}, {"classes", 5.0}}, 2e-3);
  ASSERT_THAT(curve.points(), SizeIs(1));
  EXPECT_EQ(curve.points()[0].losses.at("pixels"), 1.5);
  EXPECT_EQ(curve.points()[0].losses.at("classes"), 5.0);
  EXPECT_EQ(curve.points()[0].learning_rate, 2e-3);
}

TEST(LossCurveTest, EachPointIsTakenOnce) {
  LossCurve curve(10);
  curve.Add(1, Losses(1), 0);
  EXPECT_THAT(curve.TakeNew(), SizeIs(1));
  EXPECT_THAT(curve.TakeNew(), IsEmpty());
  curve.Add(2, Losses(2), 0);
  EXPECT_EQ(curve.TakeNew().at(0).step, 2);
}

TEST(LossCurveTest, GoesOnFromItsTextBitForBit) {
  LossCurve straight(3000);
  for (int step = 1; step <= 3000; ++step) straight.Add(step, Losses(step), 1.0 / step);
  for (const int cut : {1, 2, 3, 1000, 2999}) {
    LossCurve before(3000);
    for (int step = 1; step <= cut; ++step) before.Add(step, Losses(step), 1.0 / step);
    LossCurve after(3000);
    ASSERT_TRUE(after.Restore(before.Serialize()).ok());
    EXPECT_EQ(after.TakeNew().size(), before.points().size());
    for (int step = cut + 1; step <= 3000; ++step) after.Add(step, Losses(step), 1.0 / step);
    EXPECT_EQ(after.Serialize(), straight.Serialize()) << cut;
  }
}

TEST(LossCurveTest, ALongerRunHasAThousandPointsWithThoseOfTheShorterOne) {
  LossCurve shorter(999);
  LossCurve straight(5000);
  for (int step = 1; step <= 999; ++step) {
    shorter.Add(step, Losses(step), 1.0 / step);
    straight.Add(step, Losses(step), 1.0 / step);
  }
  LossCurve longer(5000);
  ASSERT_TRUE(longer.Restore(shorter.Serialize()).ok());
  ASSERT_THAT(longer.points(), SizeIs(200));
  for (size_t i = 0; i < straight.points().size(); ++i) {
    const CurvePoint& point = longer.points()[i];
    EXPECT_EQ(point.step, straight.points()[i].step);
    EXPECT_EQ(point.learning_rate, straight.points()[i].learning_rate);
    EXPECT_NEAR(point.losses.at("pixels"), straight.points()[i].losses.at("pixels"), 1e-12);
  }
  EXPECT_EQ(longer.points().back().step, 999) << "the last one of the shorter run is not lost";
  for (int step = 1000; step <= 5000; ++step) longer.Add(step, Losses(step), 0);
  EXPECT_THAT(longer.points(), SizeIs(1001));
}

TEST(LossCurveTest, AnotherTextIsRefused) {
  LossCurve curve(10);
  EXPECT_TRUE(absl::IsDataLoss(curve.Restore("{\"points\": 3}")));
  EXPECT_TRUE(absl::IsDataLoss(curve.Restore("")));
}

}  // namespace
}  // namespace facet::model
