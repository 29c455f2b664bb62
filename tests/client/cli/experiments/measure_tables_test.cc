// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/measure_tables.h"

#include "gmock/gmock.h"
#include "tests/proto/from_text.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kHeldOut[] = R"(
  held_out {
    rule: "high-level" cell_count: 64 psnr_db: 18.25
    accuracy { feature: "identity" synthetic: 0.9 real: 0.95 }
    accuracy { feature: "expression" synthetic: 0.8 real: 1 }
    measures {
      ssim: 0.66 high_frequency_ratio: 0.5 kernel_distance: 0.0123
      nearest_distance: 0.1 real_nearest_distance: 0.125
      likeness { feature: "identity" cosine: 0.83 rank_one: 0.7 real_rank_one: 0.875 }
    }
  })";

TEST(MeasureTablesTest, HeldOutCellsStandBesideTheirCeiling) {
  EXPECT_EQ(MeasureTables(FromText<v1::EvaluationReport>(kHeldOut), "###"), R"(### Held out: high-level

64 images that training never saw.

| measure | synthetic | real images (ceiling) | synthetic / real |
|---|---|---|---|
| identity recognised | 90.0 % | 95.0 % | 0.95 |
| expression recognised | 80.0 % | 100.0 % | 0.80 |
| PSNR | 18.2 dB | – | – |
| identity: its own class is the nearest (rank 1) | 70.0 % | 87.5 % | 0.80 |
| identity: cosine to the real image | 0.83 | 1 | 0.83 |
| SSIM | 0.66 | 1 | 0.66 |
| energy of fine detail | 0.5 | 1 | 0.50 |
| kernel distance (KID) | 0.0123 | 0 | – |
| distance to the nearest training image | 0.1 | 0.125 | 0.80 |

)");
}

TEST(MeasureTablesTest, MixesHaveMeasuresOfTheirOwn) {
  const auto report = FromText<v1::EvaluationReport>(R"(
    mixes {
      feature: "identity" image_count: 256 parent_mass: 0.81 blend_distance: 0.07 rendered_blend_distance: 0.03
      smoothness: 1.25 nearest_distance: 0.09
      kept { feature: "expression" synthetic: 0.9 real: 0.96 }
    })");
  EXPECT_EQ(MeasureTables(report, "##"), R"(## Mixes of identity

256 images of two classes at 0.5 and 0.5.

| measure | mixes | the parents' real images, which the judge learnt |
|---|---|---|
| expression kept | 90.0 % | 96.0 % |
| belief that it is one of the two parents (identity) | 81.0 % | – |
| distance from the plain blend of the parents as the model draws them | 0.03 | – |
| distance from the plain blend of the parents' real images | 0.07 | – |
| distance to the nearest training image | 0.09 | – |
| largest over mean step from parent to parent (1: even) | 1.25 | – |

)");
}

TEST(MeasureTablesTest, PartsOfAFeatureFollowIt) {
  const auto report = FromText<v1::EvaluationReport>(R"(
    train {
      feature: "transform" synthetic: 0.5 real: 0.625
      parts { name: "turn" synthetic: 0.9 real: 1 }
      parts { name: "mirroring" synthetic: 0.55 real: 0.6 }
    }
    train { feature: "identity" synthetic: 1 real: 1 }
    mixes {
      feature: "identity"
      kept { feature: "transform" synthetic: 0.5 real: 0.5 parts { name: "turn" synthetic: 0.75 real: 1 } }
    })");
  const std::string tables = MeasureTables(report, "##");
  EXPECT_THAT(tables, HasSubstr("| transform recognised | 50.0 % | 62.5 % | 0.80 |\n"
                                "| transform recognised: its turn alone | 90.0 % | 100.0 % | 0.90 |\n"
                                "| transform recognised: its mirroring alone | 55.0 % | 60.0 % | 0.92 |\n"
                                "| identity recognised | 100.0 % | 100.0 % | 1.00 |\n"));
  EXPECT_THAT(tables, HasSubstr("| transform kept: its turn alone | 75.0 % | 100.0 % |\n"));
}

// Real held-out images may be harder than mixes: a ratio of 2.53 says nothing.
TEST(MeasureTablesTest, MixesStandBesideRealImagesOfOtherCellsWithoutARatio) {
  auto report = FromText<v1::EvaluationReport>(R"(
    held_out { rule: "none-found" }
    mixes { feature: "identity" kept { feature: "expression" synthetic: 0.949 real: 0.375 } })");
  EXPECT_THAT(MeasureTables(report, "##"),
              HasSubstr("| measure | mixes | the parents' real images, which the judge learnt |\n"));
  report.MergeFrom(FromText<v1::EvaluationReport>(kHeldOut));
  EXPECT_THAT(MeasureTables(report, "##"), HasSubstr("| measure | mixes | real held-out images |\n|---|---|---|\n"
                                                     "| expression kept | 94.9 % | 37.5 % |\n"));
}

TEST(MeasureTablesTest, LeavesOutWhatTheReportDoesNotHave) {
  EXPECT_EQ(MeasureTables({}, "##"), "");
  const std::string tables = MeasureTables(
      FromText<v1::EvaluationReport>("train_psnr_db: 30 train { feature: 'digit' synthetic: 1 real: 1 }"), "##");
  EXPECT_THAT(tables, HasSubstr("## Trained cells"));
  EXPECT_THAT(tables, Not(HasSubstr("SSIM")));
}

TEST(MeasureTablesTest, ClassifierOfSyntheticImagesIsComparedWithTheJudge) {
  EXPECT_THAT(MeasureTables(FromText<v1::EvaluationReport>(
                                "train_on_synthetic { feature: 'expression' synthetic: 0.75 real: 0.9375 }"),
                            "##"),
              HasSubstr("| expression recognised | 75.0 % | 93.8 % | 0.80 |"));
}

TEST(AugmentationTableTest, CountsOfMcNemarFollowBySeed) {
  const auto report = FromText<v1::AugmentationReport>(R"(
    seeds: [1, 2]
    sources { name: "originals" tests { name: "all" images: 300 } }
    sources { name: "mixup" tests { name: "all" images: 300 difference: 0.02 gained: [9, 4] lost: [2, 5] } })");
  EXPECT_THAT(AugmentationTable(report),
              HasSubstr("\n\nWhat McNemar's test counts, images by seed:\n\n"
                        "| learnt from | tested on | seed | right where the first source is wrong | wrong where it is "
                        "right |\n"
                        "|---|---|---|---|---|\n"
                        "| mixup | all | 1 | 9 | 2 |\n"
                        "| mixup | all | 2 | 4 | 5 |\n"));
}

TEST(AugmentationTableTest, HasARowForEachSourceAndTest) {
  const auto report = FromText<v1::AugmentationReport>(R"(
    feature: "expression" synthetic_rendered: 21125 synthetic_kept: 20000
    dropped_confidence: 1000 dropped_sharpness: 125
    sources {
      name: "originals" images: 325
      tests { name: "other-session" images: 300 accuracy: [ 0.9, 0.94 ] mean_accuracy: 0.92 }
    }
    sources {
      name: "synthetic" images: 20000
      tests {
        name: "other-session" images: 300 accuracy: [ 0.93, 0.95 ] mean_accuracy: 0.94
        difference: 0.02 difference_low: -0.0001 difference_high: 0.045 mcnemar_p: 0.21
      }
    })");
  EXPECT_EQ(AugmentationTable(report),
            "| learnt from | images | tested on | test images | accuracy (least to most of the seeds) | "
            "difference in points [95 % interval] | McNemar's p |\n"
            "|---|---|---|---|---|---|---|\n"
            "| originals | 325 | other-session | 300 | 92.0 % (90.0 % to 94.0 %) | – | – |\n"
            "| synthetic | 20000 | other-session | 300 | 94.0 % (93.0 % to 95.0 %) | +2.0 [+0.0, +4.5] | 0.21 |\n"
            "\nSynthetic images: 21125 rendered, 20000 kept; left out 1000 for confidence, 125 for sharpness.\n");
}

}  // namespace
}  // namespace facet::cli
