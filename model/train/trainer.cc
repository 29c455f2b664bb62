// SPDX-License-Identifier: Apache-2.0
#include "model/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/safetensors.h"
#include "model/nn/device.h"
#include "model/nn/state.h"
#include "model/nn/torch_wall.h"
#include "model/train/batch_queue.h"
#include "model/train/checkpoint_store.h"
#include "model/train/cooperative_nets.h"
#include "model/train/progress_meter.h"

namespace facet::model {
namespace {

absl::Status CheckOptions(const TrainerOptions& options) {
  const DatasetInfo& info = options.dataset->info();
  const int size = options.plan.generator.image_size();
  if (options.split.train.empty()) {
    return WithReason(absl::InvalidArgumentError("no images are left to train on: all are held out"), "EMPTY_DATASET");
  }
  if (info.shape != ImageShape{size, size, 3}) {
    return WithReason(absl::InvalidArgumentError(absl::StrCat(
                          "the nets are for images of ", size, " x ", size, " x 3, those of the data set have ",
                          info.shape.height, " x ", info.shape.width, " x ", info.shape.channels)),
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

void ConfigureTorch(int threads) {
  at::set_num_threads(threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency()));
  at::globalContext().setDeterministicCuDNN(true);
}

BatchMakerOptions BatchesOf(const TrainerOptions& options) {
  const TrainingPlan& plan = options.plan.training;
  return {options.dataset, options.split.train, plan.batch_size, plan.seed, "train", plan.mix_share, plan.mix_feature,
          plan.mix_parents, plan.mix_ratio_min, plan.mix_ratio_max};
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
        identity_(DescribeRun(options_.plan, options_.dataset->info(), options_.split)),
        nets_(options_.plan, device),
        checkpoints_(options_.file_system, options_.checkpoint_dir),
        meter_(options_.clock, options_.plan.training.batch_size) {}

  absl::Status Resume();
  absl::StatusOr<bool> Run(const std::atomic<bool>& stop) override {
    const absl::Time begin = options_.clock->Now();
    before_run_ = train_seconds_;
    run_begin_ = begin;
    auto finished = TorchWall("training", [&] { return RunSteps(stop); });
    UpdateTime();
    return finished;
  }
  int step() const override { return step_; }
  double train_seconds() const override { return train_seconds_; }
  absl::StatusOr<std::string> Weights() const override {
    return TorchWall("saving weights",
                     [&]() -> absl::StatusOr<std::string> { return Serialize(nets_.Weights()); });
  }

 private:
  static std::string Serialize(const NamedTensors& tensors) {
    StateViews views;
    views.Add(tensors);
    return SerializeSafetensors(views.tensors(), {});
  }
  absl::StatusOr<bool> RunSteps(const std::atomic<bool>& stop);
  absl::Status RunStep(const Batch& batch);
  void Save();
  void UpdateTime() {
    train_seconds_ = before_run_ + absl::ToDoubleSeconds(options_.clock->Now() - run_begin_);
  }

  TrainerOptions options_;
  RunIdentity identity_;
  CooperativeNets nets_;
  CheckpointStore checkpoints_;
  ProgressMeter meter_;
  int step_ = 0;
  int saved_step_ = 0;
  double train_seconds_ = 0;
  double before_run_ = 0;
  absl::Time run_begin_;
};

absl::Status TrainerImpl::Resume() {
  std::vector<std::string> warnings;
  ASSIGN_OR_RETURN(const std::optional<Checkpoint> checkpoint, checkpoints_.LoadNewest(identity_, &warnings));
  if (options_.on_warning) {
    for (const std::string& warning : warnings) options_.on_warning(warning);
  }
  if (!checkpoint.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const TensorMap tensors, ParseSafetensors(checkpoint->tensors));
  RETURN_IF_ERROR(LoadState(tensors, nets_.WeightsAndMoments()));
  nets_.generator_adam().set_updates(checkpoint->generator_updates);
  nets_.classifier_adam().set_updates(checkpoint->classifier_updates);
  step_ = saved_step_ = checkpoint->step;
  train_seconds_ = checkpoint->train_seconds;
  return absl::OkStatus();
}

absl::StatusOr<bool> TrainerImpl::RunSteps(const std::atomic<bool>& stop) {
  const TrainingPlan& plan = options_.plan.training;
  if (step_ == plan.steps) return true;
  BatchQueue batches(std::make_unique<BatchMaker>(BatchesOf(options_)), step_, plan.steps);
  meter_.Begin();
  while (step_ < plan.steps) {
    if (stop) {
      Save();
      return false;
    }
    RETURN_IF_ERROR(RunStep(batches.Next()));
    const bool is_due = plan.checkpoint_interval > 0 && step_ % plan.checkpoint_interval == 0;
    if (is_due || step_ == plan.steps) Save();
  }
  return true;
}

absl::Status TrainerImpl::RunStep(const Batch& batch) {
  const Losses losses = nets_.Step(batch);
  ++step_;
  RETURN_IF_ERROR(CheckFiniteLosses(losses, step_));
  meter_.Add(losses);
  if (options_.on_progress && (meter_.IsDue() || step_ == options_.plan.training.steps)) {
    options_.on_progress(meter_.Report(step_, nets_.GeneratorRate(step_ - 1)));
  }
  return absl::OkStatus();
}

void TrainerImpl::Save() {
  if (step_ == saved_step_) return;
  UpdateTime();
  Checkpoint checkpoint;
  checkpoint.step = step_;
  checkpoint.run = identity_;
  checkpoint.generator_updates = nets_.generator_adam().updates();
  checkpoint.classifier_updates = nets_.classifier_adam().updates();
  checkpoint.train_seconds = train_seconds_;
  checkpoint.tensors = Serialize(nets_.WeightsAndMoments());
  const absl::Status saved = checkpoints_.Save(checkpoint);
  if (saved.ok()) saved_step_ = step_;
  if (options_.on_saved) options_.on_saved(step_, saved);
  meter_.Begin();  // time spent saving is not time spent training
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
