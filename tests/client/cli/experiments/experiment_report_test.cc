// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/experiment_report.h"

#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/proto/from_text.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

ExperimentReport MakeReport() {
  ExperimentReport report = BeginReport("high-level", "High-level features (figure 7)", "What was done.",
                                        "facet experiment high-level --kdef KDEF");
  report.datasets.push_back(FromText<v1::Dataset>(R"(
    name: "datasets/high-level-faces@1" image_count: 256 width: 64 height: 64 dropped_count: 3
    fingerprint: "0123456789abcdef0123456789abcdef"
    schema {
      features { name: "identity" classes: ["F01", "M01"] }
      features { name: "expression" classes: ["DI", "HA", "NE"] }
    }
    dropped { path: "AF04/AF04NES.JPG" reason: "several faces: 2" }
    dropped { path: "AF04/AF04HAS.JPG" reason: "several faces: 3" }
    dropped { path: "AF01/AF01HAS.JPG" reason: "no face" })"));
  ExperimentRun run{"1 of 3 expressions missing", {}, {}};
  run.job = FromText<v1::TrainingJob>(R"(
    name: "trainingJobs/high-level-1a2b3c4d"
    spec {
      dataset: "datasets/high-level-faces@1" preset: "face-64" overrides { steps: 300 } judge { steps: 200 }
      hold_out { name: "high-level" per: "identity" missing: "expression" count: 8 seed: 1 }
    }
    report {
      train_seconds: 12.4 train_images_per_second: 1500 judge_seed: 7 judge_train_images: 192
      held_out {
        rule: "high-level" cell_count: 64 psnr_db: 20
        accuracy { feature: "identity" synthetic: 0.9 real: 0.95 }
      }
    })");
  run.model = FromText<v1::ModelVersion>(R"(
    name: "models/high-level@1"
    card {
      dataset: "datasets/high-level-faces@1" dataset_fingerprint: "0123456789abcdef0123456789abcdef"
      preset { training { steps: 300 seed: 1 } }
    })");
  report.runs.push_back(std::move(run));
  report.pictures.push_back({"high-level.png", "Never seen.", cv::Mat(4, 6, CV_8UC3, cv::Scalar(1, 2, 3))});
  return report;
}

TEST(ExperimentReportTest, TellsPeopleWhatWasDoneAndMeasured) {
  EXPECT_EQ(ToMarkdown(MakeReport()), R"(# High-level features (figure 7)

What was done.

```
facet experiment high-level --kdef KDEF
```

How to read this: docs/experiments.md of Facet. Accuracies are those of an independent judge that learnt from real images only; beside each stands what it makes of the real images of the same cells. A mix has no real image: beside what it keeps stands what the judge makes of real images of other cells, which its table names.

## Images

* `datasets/high-level-faces@1`: 256 images of 64 x 64, 2 of identity, 3 of expression; 3 source pictures left out (1 no face, 2 several faces); nobody is left of: F04; fingerprint `0123456789abcdef`

## Pictures

Never seen.

![high-level.png](high-level.png)

## 1 of 3 expressions missing

|  |  |
|---|---|
| job | `trainingJobs/high-level-1a2b3c4d` |
| preset | `face-64` with `steps: 300`; judge with `steps: 200` |
| held out | `high-level`: 8 of identity lose 1 of expression each, seed 1 |
| trained | 12 s at 1500 images/s |
| model | `models/high-level@1`, trained on `datasets/high-level-faces@1`, fingerprint `0123456789abcdef`, 300 steps, seed 1 |
| judge | an independent classifier, trained on 192 real images, seed 7 |

### Held out: high-level

64 images that training never saw.

| measure | synthetic | real images (ceiling) | synthetic / real |
|---|---|---|---|
| identity recognised | 90.0 % | 95.0 % | 0.95 |
| PSNR | 20 dB | – | – |
)");
}

TEST(ExperimentReportTest, ComparisonComesBeforeThePictures) {
  ExperimentReport report = MakeReport();
  report.comparison = "| a |\n";
  const std::string text = ToMarkdown(report);
  EXPECT_THAT(text, HasSubstr("## Comparison\n\n| a |\n\n## Pictures"));
}

TEST(ExperimentReportTest, ModelThatWasThereHasItsCardsReport) {
  ExperimentReport report = MakeReport();
  ExperimentRun& run = report.runs[0];
  *run.model->mutable_card()->mutable_report() = run.job->report();
  *run.model->mutable_card()->mutable_hold_out() = run.job->spec().hold_out();
  run.job.reset();
  const std::string text = ToMarkdown(report);
  EXPECT_THAT(text, HasSubstr("| identity recognised | 90.0 % |"));
  EXPECT_THAT(text, HasSubstr("| held out | `high-level`"));
  EXPECT_THAT(text, Not(HasSubstr("| job |")));
}

TEST(ExperimentReportTest, TellsProgramsTheSame) {
  const auto json = nlohmann::json::parse(ToJson(MakeReport()));
  EXPECT_EQ(json["experiment"], "high-level");
  EXPECT_EQ(json["command"], "facet experiment high-level --kdef KDEF");
  EXPECT_EQ(json["datasets"][0]["name"], "datasets/high-level-faces@1");
  EXPECT_EQ(json["datasets"][0]["dropped"].size(), 3u);
  EXPECT_EQ(json["datasets"][0]["dropped"][0]["path"], "AF04/AF04NES.JPG");
  EXPECT_EQ(json["datasets"][0]["dropped_count"], "3");
  const auto& run = json["runs"][0];
  EXPECT_EQ(run["job"], "trainingJobs/high-level-1a2b3c4d");
  EXPECT_EQ(run["model"], "models/high-level@1");
  EXPECT_EQ(run["spec"]["hold_out"][0]["count"], 8);
  EXPECT_EQ(run["report"]["held_out"][0]["accuracy"][0]["synthetic"], 0.9);
  EXPECT_EQ(json["pictures"], nlohmann::json({"high-level.png"}));
}

TEST(ExperimentReportTest, ComparisonOfRecognisersTakesTheReportsPlace) {
  ExperimentReport report = MakeReport();
  report.runs[0].job->clear_report();
  report.runs[0].job->mutable_spec()->clear_preset();
  report.runs[0].job->mutable_spec()->mutable_augmentation();
  auto& source = *report.runs[0].job->mutable_augmentation_report()->add_sources();
  source.set_name("mixup");
  source.add_tests()->set_mean_accuracy(0.5);
  EXPECT_THAT(ToMarkdown(report), HasSubstr("| mixup | 0 |  | 0 | 50.0 % |"));
  EXPECT_THAT(ToMarkdown(report), Not(HasSubstr("| preset |"))) << "its preset is the model's";
  const auto json = nlohmann::json::parse(ToJson(report));
  EXPECT_EQ(json["runs"][0]["augmentation_report"]["sources"][0]["name"], "mixup");
  EXPECT_FALSE(json["runs"][0].contains("report"));
}

TEST(ExperimentReportTest, TellsHowRecognisersLearntAndWhatTheFilterWas) {
  ExperimentReport report = MakeReport();
  report.runs[0].job = FromText<v1::TrainingJob>(R"(
    name: "trainingJobs/recognisers-1"
    spec {
      judge { steps: 70 }
      augmentation {
        model: "models/a@1" seeds: 3 steps: 500 batch_size: 64 learning_rate: 0.0002 weight_decay: 0.0005
        filter { min_confidence: 0.5 min_sharpness: 0.4 max_sharpness: 2.5 }
      }
    }
    augmentation_report { feature: "expression" })");
  std::string text = ToMarkdown(report);
  EXPECT_THAT(text, HasSubstr("Accuracies of recognisers are their own, on real images that none of them learnt from"));
  EXPECT_THAT(text, HasSubstr("In the tables of the model, accuracies are those of an independent judge"));
  EXPECT_THAT(text, HasSubstr(R"(
| job | `trainingJobs/recognisers-1` |
| recognisers | 3 of each source, seeds 1 to 3 |
| each learns | 500 batches of 64, learning rate 0.0002, weight decay 0.0005 |
| synthetic images | by `models/a@1` |
| kept of them | what the judge believes to be of its class with 0.5 or more, and whose energy of fine detail is 0.4 to 2.5 of the median over what the model makes of the originals' own cells |
| their judge | an independent classifier that learnt from the originals, 70 steps |
)"));
  report.runs[0].job->mutable_spec()->mutable_augmentation()->clear_filter();
  report.runs[0].job->mutable_spec()->set_preset("face-64");
  text = ToMarkdown(report);
  EXPECT_THAT(text, HasSubstr("| preset | `face-64`"));
  EXPECT_THAT(text, Not(HasSubstr("synthetic images")));
}

TEST(ExperimentReportTest, IsWrittenToAFolderThatItMakes) {
  const TempDir dir;
  const std::string folder = dir / "new/folder";
  ASSERT_THAT(WriteReport(MakeReport(), folder), IsOk());
  EXPECT_EQ(TempDir::Read(folder + "/report.md"), ToMarkdown(MakeReport()));
  EXPECT_EQ(TempDir::Read(folder + "/report.json"), ToJson(MakeReport()));
  EXPECT_EQ(cv::imread(folder + "/high-level.png").size(), cv::Size(6, 4));
}

}  // namespace
}  // namespace facet::cli
