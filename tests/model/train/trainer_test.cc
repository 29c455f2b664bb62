// SPDX-License-Identifier: Apache-2.0
#include "model/train/trainer.h"

#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fake_clock.h"
#include "base/sealed_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/bundle/half_weights.h"
#include "model/bundle/safetensors.h"
#include "model/train/sheet_folder.h"
#include "tests/model/train/fragile_file_system.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

class TrainerTest : public testing::Test {
 protected:
  TrainerOptions Options() {
    TrainerOptions options;
    options.plan = plan_;
    options.dataset = dataset_.get();
    options.split = SplitWithout({5});
    options.checkpoint_dir = folder_;
    options.file_system = &disk_;
    options.device = "cpu";
    options.on_progress = [this](const StepReport& report) {
      reports_.push_back(report);
      if (stop_at_ > 0 && report.step >= stop_at_) stop_ = true;
    };
    options.on_saved = [this](const SaveReport& report) { saves_[report.step] = report.status; };
    options.disk_patience = absl::ZeroDuration();
    options.on_warning = [this](const std::string& warning) { warnings_.push_back(warning); };
    options.clock = &clock_;
    return options;
  }
  std::unique_ptr<Trainer> MakeTrainer() {
    auto trainer = Trainer::Create(Options());
    EXPECT_TRUE(trainer.ok()) << trainer.status();
    return *std::move(trainer);
  }
  // Weights of an undisturbed run.
  std::string StraightWeights() {
    folder_ = MakeTempDir();
    const auto trainer = MakeTrainer();
    const auto finished = trainer->Run(stop_);
    EXPECT_TRUE(finished.ok() && *finished);
    return *trainer->Weights();
  }
  // Trains to step `step` and stops there.
  void RunTo(Trainer& trainer, int step) {
    stop_at_ = step;
    const auto finished = trainer.Run(stop_);
    ASSERT_TRUE(finished.ok()) << finished.status();
    EXPECT_FALSE(*finished);
    stop_ = false;
    stop_at_ = 0;
  }
  void Damage(const std::string& file) {
    std::fstream stream(folder_ + "/" + file, std::ios::in | std::ios::out);
    stream.seekp(1000);
    stream.put('#');
  }

  // Half a second passes whenever it is looked at, so that a report is due after
  // each step.
  class RestlessClock final : public Clock {
   public:
    absl::Time Now() override { return now_ += absl::Milliseconds(500); }
    bool AwaitUntil(absl::Mutex&, const absl::Condition&, absl::Time) override { return false; }

   private:
    absl::Time now_ = absl::UnixEpoch();
  };

  FragileFileSystem disk_;
  RestlessClock clock_;
  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  NetPlan plan_ = TinyPlan();
  std::string folder_ = MakeTempDir();
  std::vector<StepReport> reports_;
  std::map<int, absl::Status> saves_;
  std::vector<std::string> warnings_;
  std::atomic<bool> stop_{false};
  int stop_at_ = 0;
};

TEST_F(TrainerTest, EachLossFalls) {
  plan_.training.steps = 150;
  const auto trainer = MakeTrainer();
  const auto finished = trainer->Run(stop_);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_TRUE(*finished);
  EXPECT_EQ(trainer->step(), 150);
  ASSERT_THAT(reports_, SizeIs(150));
  for (const char* part : {"pixels", "classes", "generator", "classifier"}) {
    EXPECT_LT(reports_.back().losses.at(part), 0.5 * reports_.front().losses.at(part)) << part;
  }
  EXPECT_LT(reports_.back().learning_rate, reports_.front().learning_rate);
  EXPECT_GT(reports_.back().images_per_second, 0);
  EXPECT_GT(trainer->train_seconds(), 0);
}

TEST_F(TrainerTest, TwoRunsGiveTheSameWeightsBitForBit) {
  for (const int threads : {1, 2}) {
    plan_.training.threads = threads;
    EXPECT_EQ(StraightWeights(), StraightWeights()) << threads << " threads";
  }
}

TEST_F(TrainerTest, AnotherSeedGivesOtherWeights) {
  const std::string weights = StraightWeights();
  plan_.training.seed = 8;
  EXPECT_NE(StraightWeights(), weights);
}

TEST_F(TrainerTest, StoppedAndResumedGivesTheSameWeightsBitForBit) {
  plan_.training.mix_share = 0.5;
  plan_.training.mix_feature = kColour;
  plan_.training.classifier_interval = 3;
  const std::string weights = StraightWeights();
  folder_ = MakeTempDir();
  saves_.clear();
  RunTo(*MakeTrainer(), 7);
  EXPECT_EQ(saves_.begin()->first, 7);
  RunTo(*MakeTrainer(), 19);
  const auto trainer = MakeTrainer();
  EXPECT_EQ(trainer->step(), 19);
  ASSERT_TRUE(*trainer->Run(stop_));
  EXPECT_EQ(*trainer->Weights(), weights);
}

TEST_F(TrainerTest, AnalogiesGoOnWhereTheyStopped) {
  plan_.training.mix_share = 0.25;
  plan_.training.mix_feature = kColour;
  plan_.training.analogy_share = 0.5;
  plan_.training.analogy_feature = kShade;
  const std::string weights = StraightWeights();
  EXPECT_THAT(warnings_, IsEmpty());
  folder_ = MakeTempDir();
  RunTo(*MakeTrainer(), 7);
  const auto trainer = MakeTrainer();
  ASSERT_TRUE(*trainer->Run(stop_));
  EXPECT_EQ(*trainer->Weights(), weights);
  plan_.training.analogy_share = 0;
  EXPECT_NE(StraightWeights(), weights);
}

TEST_F(TrainerTest, AnalogiesThatThereAreNotAreToldOf) {
  plan_.training.mix_feature = kColour;
  plan_.training.analogy_share = 0.5;
  plan_.training.analogy_feature = kShade;
  TrainerOptions options = Options();
  options.split = SplitWithout({});
  const auto trainer = Trainer::Create(options);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  RunTo(**trainer, 1);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("analogy_share changes nothing")));
}

TEST_F(TrainerTest, ARunThatWasCutOffHasTheCurveItWouldHaveHad) {
  const auto take = [&](Trainer& trainer, std::map<int, CurvePoint>* points) {
    for (const CurvePoint& point : trainer.TakePoints()) (*points)[point.step] = point;
  };
  plan_.training.steps = 1100;  // a point at every second step
  plan_.training.checkpoint_interval = 201;
  StraightWeights();
  const std::string straight = ReadCheckpoint(disk_, folder_ + "/000001100")->curve;
  folder_ = MakeTempDir();
  stop_at_ = 0;
  RunTo(*MakeTrainer(), 333);
  RunTo(*MakeTrainer(), 700);
  const auto trainer = MakeTrainer();
  std::map<int, CurvePoint> points;
  take(*trainer, &points);
  EXPECT_THAT(points, SizeIs(350));
  reports_.clear();
  ASSERT_TRUE(*trainer->Run(stop_));
  EXPECT_EQ(ReadCheckpoint(disk_, folder_ + "/000001100")->curve, straight);
  for (const StepReport& report : reports_) {
    for (const CurvePoint& point : report.points) points[point.step] = point;
  }
  EXPECT_THAT(points, SizeIs(550));
}

TEST_F(TrainerTest, KeepsTheBestCheckpointBesideTheNewest) {
  plan_.training.steps = 60;
  plan_.training.checkpoint_interval = 10;
  std::map<int, SaveReport> reports;
  TrainerOptions options = Options();
  options.checkpoints_kept = 1;
  options.sample_dir = folder_ + "-samples";
  options.on_saved = [&](const SaveReport& report) { reports[report.step] = report; };
  ASSERT_TRUE(*(*Trainer::Create(std::move(options)))->Run(stop_));
  ASSERT_THAT(reports, SizeIs(6));
  int best = 0;
  for (const auto& [step, report] : reports) {
    EXPECT_TRUE(report.held_out);
    if (best == 0 || report.psnr_db >= reports[best].psnr_db) best = step;
    EXPECT_EQ(report.best, best == step) << step;
  }
  EXPECT_TRUE(disk_.Exists(folder_ + "/0000000" + std::to_string(best)));
  EXPECT_TRUE(disk_.Exists(folder_ + "/000000060"));
  EXPECT_THAT(*disk_.List(folder_), SizeIs(best == 60 ? 1 : 2));
  EXPECT_THAT(*disk_.List(folder_ + "-samples"), SizeIs(6));
}

TEST_F(TrainerTest, SheetsAreThinnedButForThoseOfTheCheckpointsKept) {
  plan_.training.steps = 60;
  plan_.training.checkpoint_interval = 2;
  TrainerOptions options = Options();
  options.sample_dir = folder_ + "-samples";
  int best = 0;
  options.on_saved = [&](const SaveReport& report) {
    if (report.best) best = report.step;
  };
  ASSERT_TRUE(*(*Trainer::Create(std::move(options)))->Run(stop_));
  const std::vector<int> steps = *SheetFolder(&disk_, folder_ + "-samples").Steps();
  EXPECT_THAT(steps, SizeIs(kSheetsKept));
  for (const int step : {2, best, 58, 60}) EXPECT_THAT(steps, Contains(step));
}

TEST_F(TrainerTest, AJobThatIsExtendedEndsAsOneThatWasLongerFromTheBeginning) {
  plan_.training.schedule = {ScheduleKind::kStep, 10, 0.9, 0, 0};
  const std::string longer = StraightWeights();
  plan_.training.steps = 25;
  StraightWeights();
  TrainerOptions options = Options();
  options.start = {folder_ + "/000000025", true};
  options.plan.training.steps = 40;
  options.checkpoint_dir = folder_ = MakeTempDir();
  const auto trainer = *Trainer::Create(options);
  EXPECT_EQ(trainer->step(), 25);
  RunTo(*trainer, 30);
  const auto resumed = *Trainer::Create(options);
  EXPECT_EQ(resumed->step(), 30);
  ASSERT_TRUE(*resumed->Run(stop_));
  EXPECT_EQ(*resumed->Weights(), longer);
}

TEST_F(TrainerTest, AJobWithoutAnAverageMayBeExtendedByOneWith) {
  plan_.training.steps = 25;
  const std::string weights = StraightWeights();
  TrainerOptions options = Options();
  options.start = {folder_ + "/000000025", true};
  options.plan.training.steps = 40;
  options.plan.training.average_decay = 0.9;
  options.checkpoint_dir = folder_ = MakeTempDir();
  const auto trainer = Trainer::Create(options);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  EXPECT_EQ((*trainer)->step(), 25);
  EXPECT_EQ(*(*trainer)->Weights(), weights) << "the average begins with them";
  ASSERT_TRUE(*(*trainer)->Run(stop_));
  EXPECT_TRUE(Trainer::Create(options).ok()) << "which its own checkpoints have";
}

TEST_F(TrainerTest, FineTuningBeginsWithTheWeightsOfABundleAtStepZero) {
  const std::string weights = StraightWeights();
  const std::string halves = *HalveWeights(weights);
  ASSERT_LT(halves.size(), weights.size());
  for (const std::string& file : {weights, halves}) {
    const std::string bundle = MakeTempDir() + "/bundle";
    auto writer = *SealedFolderWriter::Create(&disk_, bundle);
    ASSERT_TRUE(writer->Add("weights.safetensors", file).ok() && writer->Commit().ok());
    TrainerOptions options = Options();
    options.start = {bundle, false};
    options.checkpoint_dir = MakeTempDir();
    const auto trainer = *Trainer::Create(options);
    EXPECT_EQ(trainer->step(), 0);
    const std::string begun = *trainer->Weights();
    EXPECT_EQ(begun == weights, file == weights) << "halves are rounded";
    EXPECT_EQ(*HalveWeights(begun), halves);
    EXPECT_EQ(begun.size(), weights.size()) << "training computes in float32";
    ASSERT_TRUE(*trainer->Run(stop_));
    EXPECT_NE(*trainer->Weights(), begun);
  }
}

TEST_F(TrainerTest, ARunThatMayBeCutOffAgainSavesSoon) {
  TrainerOptions options = Options();
  options.save_soon = true;  // with half a second at each look at the clock
  ASSERT_TRUE(*(*Trainer::Create(std::move(options)))->Run(stop_));
  EXPECT_LT(saves_.begin()->first, 5);
  EXPECT_LT(saves_.size(), 14u) << "and less and less often";
}

TEST_F(TrainerTest, SavesAtIntervalsAndAtTheEndAndKeepsTwo) {
  const auto trainer = MakeTrainer();
  ASSERT_TRUE(*trainer->Run(stop_));
  std::vector<int> steps;
  for (const auto& [step, status] : saves_) {
    EXPECT_TRUE(status.ok()) << status;
    steps.push_back(step);
  }
  EXPECT_THAT(steps, ElementsAre(15, 30, 40));
  const auto kept = *disk_.List(folder_);
  EXPECT_THAT(kept, Contains("000000030"));
  EXPECT_THAT(kept, Contains("000000040"));
}

TEST_F(TrainerTest, AFinishedRunHasNothingLeftToDo) {
  const std::string weights = StraightWeights();
  const auto trainer = MakeTrainer();
  EXPECT_EQ(trainer->step(), 40);
  reports_.clear();
  EXPECT_TRUE(*trainer->Run(stop_));
  EXPECT_THAT(reports_, IsEmpty());
  EXPECT_EQ(*trainer->Weights(), weights);
}

TEST_F(TrainerTest, ADamagedCheckpointIsPassedOverForTheOneBefore) {
  const std::string weights = StraightWeights();
  Damage("000000040/state.safetensors");
  const auto trainer = MakeTrainer();
  EXPECT_EQ(trainer->step(), 30);
  ASSERT_THAT(warnings_, SizeIs(1));
  EXPECT_THAT(warnings_[0], HasSubstr("000000040"));
  ASSERT_TRUE(*trainer->Run(stop_));
  EXPECT_EQ(*trainer->Weights(), weights);
}

TEST_F(TrainerTest, AFullDiskIsReportedAndTrainingGoesOn) {
  const std::string weights = StraightWeights();
  folder_ = MakeTempDir();
  saves_.clear();
  TrainerOptions options = Options();
  options.on_saved = [this](const SaveReport& report) {
    saves_[report.step] = report.status;
    disk_.full = false;
  };
  disk_.full = true;
  const auto trainer = Trainer::Create(std::move(options));
  ASSERT_TRUE(trainer.ok());
  ASSERT_TRUE(*(*trainer)->Run(stop_));
  EXPECT_EQ(GetErrorDetail(saves_.at(15)).reason, "DISK_FULL");
  EXPECT_TRUE(saves_.rbegin()->second.ok());
  EXPECT_THAT(saves_, SizeIs(Gt(3))) << "tried again before the next interval";
  EXPECT_EQ(*(*trainer)->Weights(), weights);
}

TEST_F(TrainerTest, CheckpointsOfAnotherPlanAreRefused) {
  StraightWeights();
  plan_.training.learning_rate = 1e-3;
  const auto trainer = Trainer::Create(Options());
  EXPECT_EQ(trainer.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(trainer.status().message()), HasSubstr("training.learning_rate"));
}

TEST_F(TrainerTest, ALossThatIsNotFiniteEndsTheRunAndNamesTheStep) {
  plan_.training.learning_rate = 1e30;
  const auto trainer = MakeTrainer();
  const auto finished = trainer->Run(stop_);
  EXPECT_EQ(finished.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetErrorDetail(finished.status()).reason, "LOSS_NOT_FINITE");
  EXPECT_THAT(std::string(finished.status().message()), HasSubstr("after step " + std::to_string(trainer->step())));
  EXPECT_THAT(trainer->step(), Lt(10));
  EXPECT_THAT(saves_, IsEmpty());
}

// The loss is of the weights before the step.
TEST_F(TrainerTest, WeightsThatAreNotFiniteAreNotSaved) {
  plan_.training.learning_rate = 1e39;
  plan_.training.checkpoint_interval = 1;
  const auto finished = MakeTrainer()->Run(stop_);
  EXPECT_EQ(finished.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetErrorDetail(finished.status()).reason, "LOSS_NOT_FINITE");
  EXPECT_THAT(std::string(finished.status().message()), HasSubstr("after step 1:"));
  EXPECT_THAT(saves_, IsEmpty());
}

TEST_F(TrainerTest, WeightsHoldBothNets) {
  const std::string weights = *MakeTrainer()->Weights();
  const auto tensors = ParseSafetensors(weights);
  ASSERT_TRUE(tensors.ok());
  EXPECT_EQ(tensors->count("generator.base.weight"), 1);
  EXPECT_EQ(tensors->count("classifier.head.2.1.bias"), 1);
  for (const auto& [name, view] : *tensors) EXPECT_THAT(name, testing::MatchesRegex("(generator|classifier)\\..*"));
}

TEST_F(TrainerTest, NothingToTrainOnIsSaid) {
  TrainerOptions options = Options();
  options.split.train.clear();
  EXPECT_EQ(GetErrorDetail(Trainer::Create(std::move(options)).status()).reason, "EMPTY_DATASET");
}

TEST_F(TrainerTest, NetsOfAnotherSizeOrOtherFeaturesAreRefused) {
  plan_.generator.layers.back().out_size = 16;
  EXPECT_EQ(GetErrorDetail(Trainer::Create(Options()).status()).reason, "SHAPE_MISMATCH");
  plan_ = TinyPlan();
  plan_.generator.classes = {2, 3, 5};
  EXPECT_EQ(GetErrorDetail(Trainer::Create(Options()).status()).reason, "SCHEMA_MISMATCH");
}

TEST_F(TrainerTest, AnUnknownDeviceIsRefused) {
  TrainerOptions options = Options();
  options.device = "abacus";
  EXPECT_EQ(Trainer::Create(std::move(options)).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace facet::model
