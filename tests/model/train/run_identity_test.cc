// SPDX-License-Identifier: Apache-2.0
#include "model/train/run_identity.h"

#include <functional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunIdentityTest : public testing::Test {
 protected:
  RunIdentity Describe(const NetPlan& plan) const { return DescribeRun(plan, dataset_->info(), split_); }

  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  Split split_ = SplitWithout({3});
};

TEST_F(RunIdentityTest, EqualRunsHaveEqualHashesAndNoDifference) {
  EXPECT_EQ(HashRun(Describe(TinyPlan())), HashRun(Describe(TinyPlan())));
  EXPECT_THAT(DescribeDifference(Describe(TinyPlan()), Describe(TinyPlan())), IsEmpty());
}

TEST_F(RunIdentityTest, WhateverMovesWeightsChangesTheHash) {
  const std::vector<std::function<void(NetPlan&)>> changes = {
      [](NetPlan& p) { p.generator.joint_widths = {33}; },
      [](NetPlan& p) { p.generator.layers[1].kernel = 2; },
      [](NetPlan& p) { p.generator.leaky_slope = 0.11f; },
      [](NetPlan& p) { p.classifier.headless = {2}; },
      [](NetPlan& p) { p.classifier.dropout = 0.1f; },
      [](NetPlan& p) { p.classifier.blocks[0].pool_stride = 1; },
      [](NetPlan& p) { p.training.steps = 41; },
      [](NetPlan& p) { p.training.seed = 8; },
      [](NetPlan& p) { p.training.update_rule = UpdateRule::kBoth; },
      [](NetPlan& p) { p.training.class_weights[1] = 2; },
      [](NetPlan& p) { p.training.learning_rate += 1e-12; },
      [](NetPlan& p) { p.training.schedule.floor = 1e-6; },
      [](NetPlan& p) { p.training.classifier_interval = 2; },
      [](NetPlan& p) { p.training.mix_share = 0.25; },
      [](NetPlan& p) { p.training.analogy_share = 0.25; },
      [](NetPlan& p) { p.training.pixel_distance = PixelDistance::kCharbonnier; },
      [](NetPlan& p) { p.training.average_decay = 0.99; },
      [](NetPlan& p) { p.training.precision = Precision::kMixed; },
      [](NetPlan& p) { p.generator.sub_pixel_start = true; },
  };
  const std::string hash = HashRun(Describe(TinyPlan()));
  for (size_t i = 0; i < changes.size(); ++i) {
    NetPlan plan = TinyPlan();
    changes[i](plan);
    EXPECT_NE(HashRun(Describe(plan)), hash) << "change " << i;
  }
}

TEST_F(RunIdentityTest, AnalogiesAreDescribedWhereThereAreAny) {
  NetPlan plan = TinyPlan();
  plan.training.analogy_feature = 2;
  EXPECT_EQ(HashRun(Describe(plan)), HashRun(Describe(TinyPlan())));
  plan.training.analogy_share = 0.25;
  const std::string hash = HashRun(Describe(plan));
  NetPlan others = plan;
  others.training.analogy_neighbours = 5;
  EXPECT_NE(HashRun(Describe(others)), hash);
  others = plan;
  others.training.analogy_feature = 0;
  EXPECT_NE(HashRun(Describe(others)), hash);
  others = plan;
  others.training.mix_feature = 1;
  EXPECT_NE(HashRun(Describe(others)), hash);
}

TEST_F(RunIdentityTest, ThreadsCheckpointsAndJudgeDoNot) {
  NetPlan plan = TinyPlan();
  plan.training.threads = 1;
  plan.training.checkpoint_interval = 1;
  plan.judge.steps = 1;
  EXPECT_EQ(HashRun(Describe(plan)), HashRun(Describe(TinyPlan())));
}

// Nets of the same tensors may begin from one another, whatever else differs.
TEST_F(RunIdentityTest, NetsAreTheSameWhereTheirTensorsAre) {
  NetPlan plan = TinyPlan();
  plan.generator.sub_pixel_start = true;
  plan.generator.leaky_slope = 0.3f;
  plan.classifier.dropout = 0.1f;
  EXPECT_EQ(DescribeNets(plan), DescribeNets(TinyPlan()));
  EXPECT_EQ(NetsOf(Describe(plan)), DescribeNets(TinyPlan()));
  plan.generator.joint_widths = {33};
  EXPECT_NE(DescribeNets(plan), DescribeNets(TinyPlan()));
}

TEST_F(RunIdentityTest, OtherTrainingImagesAreAnotherRun) {
  const RunIdentity before = Describe(TinyPlan());
  split_ = SplitWithout({4});
  EXPECT_THAT(DescribeDifference(before, Describe(TinyPlan())), HasSubstr("dataset.training_images was 23 with hash"));
}

TEST_F(RunIdentityTest, ADifferenceNamesPathAndValuesAndCountsTheRest) {
  NetPlan before = TinyPlan();
  before.training.beta1 = 0.5;
  NetPlan plan = TinyPlan();
  plan.training.seed = 8;
  plan.training.steps = 41;
  plan.training.beta1 = 0.25;
  plan.training.batch_size = 9;
  plan.generator.joint_widths = {1, 2};
  EXPECT_EQ(DescribeDifference(Describe(before), Describe(plan)),
            "generator.joint_widths was 32, is 1,2; training.batch_size was 8, is 9; training.beta1 was "
            "0.5, is 0.25; and 2 more");
}

}  // namespace
}  // namespace facet::model
