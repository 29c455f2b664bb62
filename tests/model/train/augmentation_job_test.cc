// SPDX-License-Identifier: Apache-2.0
#include "model/train/augmentation_job.h"

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/job_test.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AugmentationJobTest : public JobTest {
 protected:
  AugmentationJobTest() : JobTest(MakeAugmentationJob()) {}

  v1::AugmentationReport Report() const { return Last().finished().augmentation_report(); }
};

TEST_F(AugmentationJobTest, TellsWhatItDoesAndReports) {
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(Phases(sink_.events), ElementsAre("loading", "judging", "rendering", "training", "saving"));
  const auto kept = std::count_if(sink_.events.begin(), sink_.events.end(), [](const auto& e) { return e.has_kept(); });
  EXPECT_EQ(kept, 1 + 3 * 2) << "the synthetic images' counts, and each recogniser";
  const v1::AugmentationReport report = Report();
  EXPECT_EQ(report.feature(), "side");
  ASSERT_EQ(report.sources_size(), 3);
  EXPECT_EQ(report.sources(0).name(), "originals");
  EXPECT_EQ(report.sources(2).name(), "originals_and_synthetic");
  EXPECT_THAT(report.seeds(), ElementsAre(1, 2));
  // 2 sides, 3 colours, 10 pairs of 4 shades.
  EXPECT_EQ(report.synthetic_rendered(), 60);
  EXPECT_EQ(report.sources(0).images() + report.synthetic_kept(), report.sources(2).images());
  EXPECT_FALSE(report.sources(0).tests(0).has_difference());
  EXPECT_TRUE(report.sources(1).tests(0).has_difference());
  EXPECT_EQ(report.sources(1).tests(2).name(), "all");
  EXPECT_EQ(report.sources(1).tests(2).images(), 48);
  EXPECT_THAT(*disk_.ReadFile(dir_ + "/report.json"), HasSubstr("\"name\": \"originals_and_synthetic\""));
  const auto saving = std::find_if(sink_.events.begin(), sink_.events.end(),
                                   [](const auto& e) { return e.progress().phase() == "saving"; });
  EXPECT_EQ(saving->progress().step(), 180);
  EXPECT_EQ(saving->progress().total_steps(), 180);
}

TEST_F(AugmentationJobTest, AHeldOutCellIsNoOriginal) {
  ASSERT_TRUE(Run().ok());
  EXPECT_LT(Report().sources(0).images(), 24);
  const int64_t with_rule = Report().sources(0).images();
  ASSERT_TRUE(disk_.RemoveAll(dir_ + "/result.binpb").ok());
  ASSERT_TRUE(disk_.RemoveAll(dir_ + "/recognisers").ok());
  ChangeSpec([](auto& spec) { spec.clear_hold_out(); });
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(Report().sources(0).images(), 24);
  EXPECT_LT(with_rule, 24);
}

TEST_F(AugmentationJobTest, WithoutAModelItComparesTheOtherSources) {
  ASSERT_TRUE(disk_.RemoveAll(dir_ + "/start").ok());
  ChangeSpec([](auto& spec) { spec.mutable_augmentation()->clear_model(); });
  EXPECT_EQ(GetErrorDetail(Run().status()).reason, "BAD_SPEC");
  ChangeSpec([](auto& spec) { spec.mutable_augmentation()->mutable_sources()->RemoveLast(); });
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  ASSERT_EQ(Report().sources_size(), 2);
  EXPECT_EQ(Report().synthetic_rendered(), 0);
}

TEST_F(AugmentationJobTest, ADamagedPartIsDoneAgain) {
  ASSERT_TRUE(Run().ok());
  const std::string report = Report().SerializeAsString();
  ASSERT_TRUE(disk_.RemoveAll(dir_ + "/result.binpb").ok());
  std::ofstream(dir_ + "/recognisers/originals-2.binpb", std::ios::app) << "x";
  ASSERT_TRUE(Run().ok());
  const auto kept = std::count_if(sink_.events.begin(), sink_.events.end(), [](const auto& e) { return e.has_kept(); });
  EXPECT_EQ(kept, 1);
  EXPECT_EQ(Report().SerializeAsString(), report);
}

TEST_F(AugmentationJobTest, StopsWithinAStepAndGoesOn) {
  sink_.leaves_after = 9;  // phases, signs of life, the counts, one recogniser
  EXPECT_EQ(*Run(), JobOutcome::kStopped);
  EXPECT_FALSE(disk_.Exists(dir_ + "/result.binpb"));
  EXPECT_TRUE(disk_.Exists(dir_ + "/recognisers/originals-1.binpb"));
  sink_.leaves_after = 0;
  stop_ = false;
  EXPECT_EQ(*Run(), JobOutcome::kFinished);
}

TEST_F(AugmentationJobTest, ATestOfAnotherSchemaFailsWithTheClass) {
  ChangeSpec([](auto& spec) { spec.mutable_augmentation()->set_feature("sides"); });
  EXPECT_EQ(GetErrorDetail(Run().status()).reason, "UNKNOWN_FEATURE");
  ChangeSpec([](auto& spec) { spec.mutable_test_dirs()->RemoveLast(); });
  EXPECT_EQ(GetErrorDetail(Run().status()).reason, "BAD_SPEC");
}

}  // namespace
}  // namespace facet::model
