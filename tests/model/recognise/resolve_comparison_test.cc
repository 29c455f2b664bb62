// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/resolve_comparison.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using testing::ElementsAre;

constexpr char kTask[] = R"(
  model: "faces" feature: "expression" mix_feature: "identity"
  tests { name: "other_session" dataset: "b" }
)";

class ResolveComparisonTest : public testing::Test {
 protected:
  ResolveComparisonTest() {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kTask, &task_));
    schema_ = *FeatureSchema::Create(
        {{"identity", {"f1", "f2", "m1"}}, {"expression", {"ne", "ha"}}, {"angle", {"straight"}}});
  }
  auto Resolve() { return ResolveComparison(task_, schema_); }
  void ExpectBad(const std::string& field, const std::string& reason) {
    EXPECT_THAT(Resolve(), IsBadField(field, reason));
  }

  v1::AugmentationTask task_;
  FeatureSchema schema_;
};

TEST_F(ResolveComparisonTest, FillsInWhatIsLeftOpen) {
  const auto plan = Resolve();
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->feature, 1);
  EXPECT_EQ(plan->mix_feature, 0);
  EXPECT_THAT(plan->tests, ElementsAre("other_session"));
  EXPECT_THAT(plan->sources, ElementsAre(TrainingSource::kOriginals, TrainingSource::kFlipsAndRotations,
                                         TrainingSource::kMixup, TrainingSource::kSynthetic));
  EXPECT_EQ(plan->seeds, 3);
  EXPECT_EQ(plan->steps, 40000);
  EXPECT_EQ(plan->batch_size, 64);
  EXPECT_FLOAT_EQ(plan->learning_rate, 2e-4);
  EXPECT_FLOAT_EQ(plan->weight_decay, 5e-4);
  EXPECT_EQ(plan->filter.min_confidence, 0.5);
  EXPECT_EQ(plan->filter.min_sharpness, 0.4);
  EXPECT_EQ(plan->filter.max_sharpness, 2.5);
}

TEST_F(ResolveComparisonTest, TakesWhatIsGiven) {
  task_.add_sources(v1::TRAINING_SOURCE_MIXUP);
  task_.add_sources(v1::TRAINING_SOURCE_ORIGINALS_AND_SYNTHETIC);
  task_.set_seeds(100);
  task_.set_weight_decay(0);
  task_.mutable_filter()->set_min_confidence(0.9);
  const auto plan = Resolve();
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->sources, ElementsAre(TrainingSource::kMixup, TrainingSource::kOriginalsAndSynthetic));
  EXPECT_EQ(plan->seeds, 100);
  EXPECT_EQ(plan->weight_decay, 0) << "0 is no default where it was given";
  EXPECT_EQ(plan->filter.min_confidence, 0.9);
}

TEST_F(ResolveComparisonTest, FeaturesMustBeThereAndHaveSomethingToTell) {
  task_.set_feature("expresion");
  ExpectBad("feature", "UNKNOWN_FEATURE");
  task_.clear_feature();
  ExpectBad("feature", "REQUIRED");
  task_.set_feature("angle");
  ExpectBad("feature", "ONE_CLASS");
  task_.set_feature("expression");
  task_.set_mix_feature("angle");
  ExpectBad("mix_feature", "ONE_CLASS");
  task_.set_mix_feature("expression");
  ExpectBad("mix_feature", "SAME_FEATURE");
}

TEST_F(ResolveComparisonTest, TestsMustHaveNamesOfTheirOwn) {
  *task_.add_tests() = task_.tests(0);
  ExpectBad("tests[1].name", "DOUBLED");
  task_.mutable_tests(1)->set_name("all");
  ExpectBad("tests[1].name", "INVALID_ID");
  task_.mutable_tests(1)->set_name("Other");
  ExpectBad("tests[1].name", "INVALID_ID");
  task_.mutable_tests(1)->set_name("");
  ExpectBad("tests[1].name", "INVALID_ID");
  task_.clear_tests();
  ExpectBad("tests", "REQUIRED");
}

TEST_F(ResolveComparisonTest, TestsAreBounded) {
  while (task_.tests_size() < 100) task_.add_tests()->set_name(absl::StrCat("t", task_.tests_size()));
  EXPECT_TRUE(ResolveComparison(task_, schema_).ok());
  task_.add_tests()->set_name("one-more");
  ExpectBad("tests", "OUT_OF_RANGE");
}

TEST_F(ResolveComparisonTest, SourcesMustBeKnownAndDifferent) {
  task_.add_sources(v1::TRAINING_SOURCE_MIXUP);
  task_.add_sources(v1::TRAINING_SOURCE_MIXUP);
  ExpectBad("sources[1]", "DOUBLED");
  task_.set_sources(1, v1::TRAINING_SOURCE_UNSPECIFIED);
  ExpectBad("sources[1]", "OUT_OF_RANGE");
  task_.set_sources(1, static_cast<v1::TrainingSource>(17));
  ExpectBad("sources[1]", "OUT_OF_RANGE");
}

TEST_F(ResolveComparisonTest, NumbersMustBeInRange) {
  const v1::AugmentationTask good = task_;
  const auto bad = [&](const std::string& field, auto change) {
    task_ = good;
    change(task_);
    ExpectBad(field, "OUT_OF_RANGE");
  };
  bad("seeds", [](auto& task) { task.set_seeds(101); });
  bad("seeds", [](auto& task) { task.set_seeds(-1); });
  bad("steps", [](auto& task) { task.set_steps(10'000'001); });
  bad("batch_size", [](auto& task) { task.set_batch_size(4097); });
  bad("learning_rate", [](auto& task) { task.set_learning_rate(std::numeric_limits<float>::quiet_NaN()); });
  bad("weight_decay", [](auto& task) { task.set_weight_decay(-1e-4f); });
  bad("filter.min_confidence", [](auto& task) { task.mutable_filter()->set_min_confidence(1); });
  bad("filter.min_sharpness", [](auto& task) { task.mutable_filter()->set_min_sharpness(-1); });
  bad("filter.max_sharpness", [](auto& task) { task.mutable_filter()->set_max_sharpness(0.3); });
}

TEST_F(ResolveComparisonTest, MoreImagesThanCanBeHeldAreRefusedUnlessNobodyWantsThem) {
  std::vector<Feature> features = schema_.features();
  for (int i = 0; i < 30; ++i) features.push_back({absl::StrCat("f", i), {"x", "y"}});
  schema_ = *FeatureSchema::Create(features);
  ExpectBad("mix_feature", "TOO_MANY_IMAGES");
  task_.add_sources(v1::TRAINING_SOURCE_ORIGINALS);
  EXPECT_THAT(Resolve(), IsOk());
}

}  // namespace
}  // namespace facet::model
