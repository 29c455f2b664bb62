// SPDX-License-Identifier: Apache-2.0
#include "model/preset/memory_estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/preset/preset.h"
#include "preset_samples.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;

NetPlan FacePlan() {
  const auto preset = FindPreset(*FileSystem::Posix(), BundledPresets(), "face-158");
  return ResolvePreset(preset.value(), FaceSchema(), 0).value();
}

TEST(MemoryEstimateTest, CountsWeightsGradientsAndMoments) {
  const NetPlan plan = FacePlan();
  const int64_t numbers = ParameterCount(plan.generator) + ParameterCount(plan.classifier);
  const MemoryEstimate estimate = EstimateMemory(plan);
  EXPECT_EQ(estimate.weights, 4 * numbers);
  EXPECT_EQ(estimate.gradients, 4 * numbers);
  EXPECT_EQ(estimate.moments, 8 * numbers);
  EXPECT_EQ(estimate.total(),
            estimate.weights + estimate.gradients + estimate.moments + estimate.activations + estimate.batches);
}

TEST(MemoryEstimateTest, AClassifierAloneTakesItsOwn) {
  const NetPlan plan = FacePlan();
  const MemoryEstimate estimate = EstimateMemory(plan.classifier, 64);
  const int64_t numbers = ParameterCount(plan.classifier);
  EXPECT_EQ(estimate.weights + estimate.gradients + estimate.moments, 16 * numbers);
  EXPECT_GT(estimate.activations, 0);
  EXPECT_EQ(EstimateMemory(plan.classifier, 128).activations, 2 * estimate.activations);
  EXPECT_LT(estimate.total(), EstimateMemory(plan).total());
}

TEST(MemoryEstimateTest, RenderingTakesWeightsTwiceAndABatch) {
  const GeneratorShape shape = FacePlan().generator;
  const int64_t weights = 8 * ParameterCount(shape);
  const int64_t one = EstimateRenderMemory(shape, 1) - weights;
  // At least the picture itself.
  EXPECT_GE(one, 4 * 3 * 158 * 158);
  EXPECT_EQ(EstimateRenderMemory(shape, 64), weights + 64 * one);
}

TEST(MemoryEstimateTest, IsOfTheOrderOfWhatWasSeen) {
  // A step of batch 64 was seen to take some 5 GB.
  EXPECT_GT(EstimateMemory(FacePlan()).total(), int64_t{2} << 30);
  EXPECT_LT(EstimateMemory(FacePlan()).total(), int64_t{12} << 30);
}

TEST(MemoryEstimateTest, GrowsWithTheBatchAndTheAverage) {
  NetPlan plan = FacePlan();
  const MemoryEstimate before = EstimateMemory(plan);
  plan.training.batch_size *= 10;
  plan.training.average_decay = 0.999;
  const MemoryEstimate after = EstimateMemory(plan);
  EXPECT_EQ(after.activations, 10 * before.activations);
  EXPECT_EQ(after.batches, 10 * before.batches);
  EXPECT_EQ(after.weights, before.weights + 4 * ParameterCount(plan.generator));
}

TEST(MemoryEstimateTest, MadeTargetsAreBatchesOfTheirOwn) {
  NetPlan plan = FacePlan();
  ASSERT_EQ(plan.training.mix_share, 0);
  const int64_t real = EstimateMemory(plan).batches;
  plan.training.analogy_share = 0.25;
  EXPECT_EQ(EstimateMemory(plan).batches, 2 * real);
}

TEST(MemoryEstimateTest, TooLargeIsSaidWithTheEstimate) {
  const NetPlan plan = FacePlan();
  const int64_t needed = EstimateMemory(plan).total();
  EXPECT_THAT(CheckFitsMemory(plan, needed), IsOk());
  EXPECT_THAT(CheckFitsMemory(plan, 0), IsOk());
  const absl::Status status = CheckFitsMemory(plan, needed - 1);
  EXPECT_THAT(status, HasReason(absl::StatusCode::kResourceExhausted, "PRESET_TOO_LARGE"));
  EXPECT_THAT(status.message(), HasSubstr(DescribeMemory(EstimateMemory(plan))));
  EXPECT_THAT(status.message(), HasSubstr("batch_size"));
}

}  // namespace
}  // namespace facet::model
