// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/judge.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "base/error.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "model/bundle/safetensors.h"
#include "model/evaluate/classifier_judge.h"
#include "model/evaluate/classifier_training.h"
#include "model/nn/classifier.h"
#include "model/nn/device.h"
#include "model/nn/torch_wall.h"
#include "model/train/batch.h"
#include "model/train/plain_batches.h"

namespace facet::model {
namespace {

constexpr int kWarmupSteps = 20;

// Never the seed of the nets that it judges, even where theirs is the same.
uint64_t SeedOf(const NetPlan& plan) { return plan.judge.seed ^ StableHash("judge"); }

absl::StatusOr<std::unique_ptr<Judge>> TrainOn(const JudgeOptions& options, std::string name,
                                               std::unique_ptr<BatchSource> batches, const std::atomic<bool>& stop) {
  const JudgePlan& plan = options.plan.judge;
  ClassifierTraining training;
  training.shape = WithHeadsFor(options.plan.classifier, JudgedFeatures(options.plan));
  training.seed = SeedOf(options.plan);
  training.steps = plan.steps;
  training.learning_rate = plan.learning_rate;
  training.schedule.kind = ScheduleKind::kCosine;
  training.schedule.warmup_steps = std::min(kWarmupSteps, plan.steps / 2);
  training.device = options.device;
  training.threads = options.plan.training.threads;
  training.precision = plan.precision;
  training.name = std::move(name);
  training.rate_option = "judge.learning_rate";
  training.on_step = [&options, steps = plan.steps](int done) {
    if (options.on_progress) options.on_progress(static_cast<double>(done) / steps);
  };
  return TrainClassifier(training, std::move(batches), stop);
}

absl::StatusOr<std::unique_ptr<Judge>> Load(const ClassifierShape& shape, absl::string_view weights,
                                            const std::string& device_name) {
  ASSIGN_OR_RETURN(const c10::Device device, ResolveDevice(device_name));
  ASSIGN_OR_RETURN(const TensorMap tensors, ParseSafetensors(weights));
  const bool has_classifier =
      absl::c_any_of(tensors, [](const auto& tensor) { return absl::StartsWith(tensor.first, "classifier."); });
  if (!has_classifier) {
    return WithReason(absl::FailedPreconditionError("the model has no classifier"), "NO_CLASSIFIER");
  }
  ASSIGN_OR_RETURN(Classifier net, Classifier::Load(shape, tensors));
  net.To(device);
  std::vector<int> known;
  for (int f = 0; f < static_cast<int>(shape.classes.size()); ++f) {
    if (shape.has_head(f)) known.push_back(f);
  }
  return std::make_unique<ClassifierJudge>(std::move(net), device, std::move(known));
}

}  // namespace

std::vector<int> JudgedFeatures(const NetPlan& plan) {
  std::vector<int> judged;
  std::vector<int> judgeable;
  for (int f = 0; f < static_cast<int>(plan.classifier.classes.size()); ++f) {
    if (plan.classifier.classes[f] < 2) continue;
    judgeable.push_back(f);
    if (plan.classifier.has_head(f)) judged.push_back(f);
  }
  return judged.empty() ? judgeable : judged;
}

absl::StatusOr<std::unique_ptr<Judge>> LoadClassifier(const ClassifierShape& shape, absl::string_view weights,
                                                      const std::string& device) {
  return TorchWall("loading a classifier", [&] { return Load(shape, weights, device); });
}

absl::StatusOr<std::unique_ptr<Judge>> TrainJudge(const JudgeOptions& options, const std::atomic<bool>& stop) {
  BatchMakerOptions batches{options.dataset, options.train_images, options.plan.judge.batch_size, SeedOf(options.plan),
                            "judge"};
  return TrainOn(options, "the judge", std::make_unique<BatchMaker>(std::move(batches)), stop);
}

absl::StatusOr<std::unique_ptr<Judge>> TrainJudgeOn(const JudgeOptions& options, const LabelledImages& images,
                                                    const std::atomic<bool>& stop) {
  return TrainOn(options, "the classifier of synthetic images",
                 std::make_unique<PlainBatches>(&images, options.plan.judge.batch_size, SeedOf(options.plan), "judge"),
                 stop);
}

}  // namespace facet::model
