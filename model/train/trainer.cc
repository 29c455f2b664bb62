// SPDX-License-Identifier: Apache-2.0
#include "model/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "base/sealed_folder.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "model/bundle/safetensors.h"
#include "model/nn/device.h"
#include "model/nn/state.h"
#include "model/nn/threads.h"
#include "model/nn/torch_wall.h"
#include "model/train/batch_feed.h"
#include "model/train/checkpoint_store.h"
#include "model/train/cooperative_nets.h"
#include "model/train/progress_meter.h"
#include "model/train/run_identity.h"
#include "model/train/sample_sheet.h"

namespace facet::model {
namespace {

constexpr char kBundleWeights[] = "weights.safetensors";
constexpr char kNoAnalogies[] =
    "analogy_share changes nothing: there is no cell without images that others show how to make";
// Of a checkpoint that could not be written, and of the last one in time.
constexpr int kRetriesPerInterval = 10;
constexpr absl::Duration kFirstDiskPause = absl::Seconds(1);
constexpr absl::Duration kLongestDiskPause = absl::Seconds(30);
constexpr absl::Duration kLongestSoonPause = absl::Minutes(1);
constexpr absl::Duration kLookAtStop = absl::Milliseconds(100);

absl::Status CheckOptions(const TrainerOptions& options) {
  const DatasetInfo& info = options.dataset->info();
  const int size = options.plan.generator.image_size();
  if (options.split.train.empty()) {
    return WithReason(absl::InvalidArgumentError("no images are left to train on: all are held out"), "EMPTY_DATASET");
  }
  if (info.shape != ImageShape{size, size, 3}) {
    return WithReason(absl::InvalidArgumentError(absl::StrCat("the nets are for images of ", size, " x ", size,
                                                              " x 3, those of the data set have ", info.shape.height,
                                                              " x ", info.shape.width, " x ", info.shape.channels)),
                      "SHAPE_MISMATCH");
  }
  std::vector<int> classes;
  for (const Feature& feature : info.schema.features()) classes.push_back(static_cast<int>(feature.classes.size()));
  if (classes != options.plan.generator.classes) {
    return WithReason(absl::InvalidArgumentError("the nets are for other features than the data set has"),
                      "SCHEMA_MISMATCH");
  }
  return absl::OkStatus();
}

BatchMakerOptions BatchesOf(const TrainerOptions& options) {
  const TrainingPlan& plan = options.plan.training;
  BatchMakerOptions batches;
  batches.dataset = options.dataset;
  batches.images = options.split.train;
  batches.batch_size = plan.batch_size;
  batches.seed = plan.seed;
  batches.mix_share = plan.mix_share;
  batches.mix_feature = plan.mix_feature;
  batches.mix_parents = plan.mix_parents;
  batches.mix_ratio_min = plan.mix_ratio_min;
  batches.mix_ratio_max = plan.mix_ratio_max;
  batches.analogy_share = plan.analogy_share;
  batches.analogy_feature = plan.analogy_feature;
  batches.analogy_neighbours = plan.analogy_neighbours;
  return batches;
}

absl::Status CheckFiniteLosses(const Losses& losses, int step) {
  for (const auto& [part, loss] : losses) {
    if (std::isfinite(loss)) continue;
    return WithReason(absl::DataLossError(absl::StrCat(
                          "the loss '", part, "' is ", loss, " after step ", step,
                          ": training went astray. A lower learning rate or a longer warm-up helps as a rule")),
                      "LOSS_NOT_FINITE");
  }
  return absl::OkStatus();
}

class TrainerImpl final : public Trainer {
 public:
  TrainerImpl(TrainerOptions options, c10::Device device)
      : options_(std::move(options)),
        device_(device),
        identity_(DescribeRun(options_.plan, options_.dataset->info(), options_.split)),
        nets_(options_.plan, device),
        checkpoints_(options_.file_system, options_.checkpoint_dir, options_.checkpoints_kept),
        samples_(options_.dataset, options_.split),
        curve_(options_.plan.training.steps),
        writer_(options_.file_system, &checkpoints_, options_.sample_dir),
        meter_(options_.clock, options_.plan.training.batch_size) {}

  absl::Status Resume();
  std::vector<CurvePoint> TakePoints() override { return curve_.TakeNew(); }
  absl::StatusOr<bool> Run(const std::atomic<bool>& stop) override {
    const absl::Time begin = options_.clock->Now();
    before_run_ = train_seconds_;
    run_begin_ = begin;
    auto finished = TorchWall("training", [&] { return RunSteps(stop); });
    if (writer_.busy()) FinishSave();
    UpdateTime();
    return finished;
  }
  int step() const override { return step_; }
  double train_seconds() const override { return train_seconds_; }
  absl::StatusOr<std::string> Weights() const override {
    return TorchWall("saving weights", [&]() -> absl::StatusOr<std::string> { return Serialize(nets_.Weights()); });
  }

 private:
  // DATA_LOSS (LOSS_NOT_FINITE): what a step left cannot be gone on with.
  absl::Status CheckState() const;
  static std::string Serialize(const NamedTensors& tensors) {
    StateViews views;
    views.Add(tensors);
    return SerializeSafetensors(views.tensors(), {});
  }
  void Warn(const std::string& warning) const {
    if (options_.on_warning) options_.on_warning(warning);
  }
  absl::StatusOr<bool> RunSteps(const std::atomic<bool>& stop);
  absl::Status RunStep(const BatchTensors& batch);
  absl::Status LoadStart();
  absl::Status Restore(const Checkpoint& checkpoint);
  bool SaveIsDue();
  // Begins to save what there is now, unless it is saved.
  void BeginSave();
  void FinishSave();
  absl::Status Save();
  // The last one, for certain: tries again while the disk is full.
  void SaveLast(const std::atomic<bool>& stop);
  void UpdateTime() { train_seconds_ = before_run_ + absl::ToDoubleSeconds(options_.clock->Now() - run_begin_); }

  TrainerOptions options_;
  c10::Device device_;
  RunIdentity identity_;
  CooperativeNets nets_;
  CheckpointStore checkpoints_;
  SampleSheet samples_;
  LossCurve curve_;
  CheckpointWriter writer_;
  ProgressMeter meter_;
  int step_ = 0;
  int saved_step_ = 0;
  int retry_step_ = 0;  // of a checkpoint that could not be written; 0: none
  absl::Status save_status_;
  absl::Time soon_begin_;
  absl::Duration soon_pause_ = absl::Seconds(1);
  double train_seconds_ = 0;
  double before_run_ = 0;
  absl::Time run_begin_;
};

absl::Status TrainerImpl::Resume() {
  std::vector<std::string> warnings;
  if (!options_.start.folder.empty()) {
    ASSIGN_OR_RETURN(const auto digests, ReadSeal(*options_.file_system, options_.start.folder));
    identity_["start"] = Sha256Hex(absl::StrJoin(digests, "\n", absl::PairFormatter("=")));
  }
  ASSIGN_OR_RETURN(const std::optional<Checkpoint> checkpoint, checkpoints_.LoadNewest(identity_, &warnings));
  for (const std::string& warning : warnings) Warn(warning);
  return checkpoint.has_value() ? Restore(*checkpoint) : LoadStart();
}

absl::Status TrainerImpl::Restore(const Checkpoint& checkpoint) {
  ASSIGN_OR_RETURN(const TensorMap tensors, ParseSafetensors(checkpoint.tensors));
  RETURN_IF_ERROR(nets_.Restore(tensors));
  if (!checkpoint.curve.empty()) RETURN_IF_ERROR(curve_.Restore(checkpoint.curve));
  nets_.generator_adam().set_updates(checkpoint.generator_updates);
  nets_.classifier_adam().set_updates(checkpoint.classifier_updates);
  step_ = saved_step_ = checkpoint.step;
  train_seconds_ = checkpoint.train_seconds;
  return absl::OkStatus();
}

absl::Status TrainerImpl::LoadStart() {
  const TrainingStart& start = options_.start;
  if (start.folder.empty()) return absl::OkStatus();
  if (start.is_checkpoint) {
    ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpoint(*options_.file_system, start.folder));
    return Restore(checkpoint);
  }
  ASSIGN_OR_RETURN(const std::string weights, ReadSealedFile(*options_.file_system, start.folder, kBundleWeights));
  ASSIGN_OR_RETURN(const TensorMap tensors, ParseSafetensors(weights));
  RETURN_IF_ERROR(LoadState(tensors, nets_.Parameters()));
  nets_.ParametersWereSet();
  return absl::OkStatus();
}

absl::StatusOr<bool> TrainerImpl::RunSteps(const std::atomic<bool>& stop) {
  const TrainingPlan& plan = options_.plan.training;
  if (step_ == plan.steps) return true;
  auto maker = std::make_unique<BatchMaker>(BatchesOf(options_));
  if (maker->LacksAnalogies()) Warn(kNoAnalogies);
  BatchFeed batches(std::move(maker), step_, plan.steps, device_);
  meter_.Begin();
  soon_begin_ = options_.clock->Now();
  while (step_ < plan.steps) {
    if (stop) {
      RETURN_IF_ERROR(CheckState());
      Save().IgnoreError();  // it was told
      return false;
    }
    RETURN_IF_ERROR(RunStep(batches.Next()));
    if (writer_.done()) FinishSave();
    if (step_ == plan.steps || !SaveIsDue()) continue;
    RETURN_IF_ERROR(CheckState());
    BeginSave();
  }
  RETURN_IF_ERROR(CheckState());
  SaveLast(stop);
  return true;
}

absl::Status TrainerImpl::CheckState() const {
  const absl::Status finite = CheckFinite(nets_.WeightsAndMoments());
  if (finite.ok()) return finite;
  return WithReason(absl::DataLossError(absl::StrCat(finite.message(), " after step ", step_,
                                                     ": training went astray. A lower learning rate or a longer "
                                                     "warm-up helps as a rule")),
                    "LOSS_NOT_FINITE");
}

bool TrainerImpl::SaveIsDue() {
  const int interval = options_.plan.training.checkpoint_interval;
  if (interval <= 0) return false;
  if (step_ % interval == 0 || step_ == retry_step_) return true;
  if (!options_.save_soon || soon_pause_ > kLongestSoonPause) return false;
  const absl::Time now = options_.clock->Now();
  if (now < soon_begin_ + soon_pause_) return false;
  soon_begin_ = now;
  soon_pause_ *= 2;
  return true;
}

absl::Status TrainerImpl::RunStep(const BatchTensors& batch) {
  const Losses losses = nets_.Step(batch);
  ++step_;
  RETURN_IF_ERROR(CheckFiniteLosses(losses, step_));
  meter_.Add(losses);
  const double rate = nets_.GeneratorRate(step_ - 1);
  curve_.Add(step_, losses, rate);
  if (options_.on_progress && (meter_.IsDue() || step_ == options_.plan.training.steps)) {
    StepReport report = meter_.Report(step_, rate);
    report.points = curve_.TakeNew();
    options_.on_progress(report);
  }
  return absl::OkStatus();
}

void TrainerImpl::BeginSave() {
  if (writer_.busy()) FinishSave();
  if (step_ == saved_step_) return;
  const std::vector<float> drawn = nets_.Draw(samples_.labels(), samples_.size());
  UpdateTime();
  Checkpoint checkpoint;
  checkpoint.step = step_;
  checkpoint.run = identity_;
  checkpoint.generator_updates = nets_.generator_adam().updates();
  checkpoint.classifier_updates = nets_.classifier_adam().updates();
  checkpoint.train_seconds = train_seconds_;
  checkpoint.tensors = Serialize(nets_.WeightsAndMoments());
  checkpoint.curve = curve_.Serialize();
  checkpoint.psnr_db = samples_.Psnr(drawn);
  retry_step_ = 0;
  writer_.Begin(std::move(checkpoint), samples_.held_out(), samples_.Draw(drawn));
  meter_.Begin();  // time spent saving is not time spent training
}

void TrainerImpl::FinishSave() {
  const SaveReport report = writer_.Finish();
  save_status_ = report.status;
  if (report.status.ok()) {
    saved_step_ = report.step;
  } else {
    retry_step_ = step_ + std::max(1, options_.plan.training.checkpoint_interval / kRetriesPerInterval);
  }
  if (options_.on_saved) options_.on_saved(report);
}

absl::Status TrainerImpl::Save() {
  BeginSave();
  if (writer_.busy()) FinishSave();
  return save_status_;
}

void TrainerImpl::SaveLast(const std::atomic<bool>& stop) {
  const absl::Time patient_until = options_.clock->Now() + options_.disk_patience;
  absl::Duration pause = kFirstDiskPause;
  while (GetErrorDetail(Save()).reason == "DISK_FULL" && !stop && options_.clock->Now() < patient_until) {
    for (absl::Duration waited; waited < pause && !stop; waited += kLookAtStop) absl::SleepFor(kLookAtStop);
    pause = std::min(2 * pause, kLongestDiskPause);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(TrainerOptions options) {
  RETURN_IF_ERROR(CheckOptions(options));
  return TorchWall("building the nets", [&]() -> absl::StatusOr<std::unique_ptr<Trainer>> {
    ASSIGN_OR_RETURN(const c10::Device device, ResolveDevice(options.device));
    ConfigureTorch(options.plan.training.threads);
    auto trainer = std::make_unique<TrainerImpl>(std::move(options), device);
    RETURN_IF_ERROR(trainer->Resume());
    return trainer;
  });
}

}  // namespace facet::model
