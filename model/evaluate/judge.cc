// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/judge.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "model/bundle/safetensors.h"
#include "model/nn/classifier.h"
#include "model/nn/device.h"
#include "model/nn/losses.h"
#include "model/nn/schedule.h"
#include "model/nn/torch_wall.h"
#include "model/train/adam.h"
#include "model/train/batch_queue.h"

namespace facet::model {
namespace {

constexpr int kWarmupSteps = 20;

// Never the seed of the nets that it judges.
uint64_t SeedOf(const NetPlan& plan) { return plan.training.seed ^ StableHash("judge"); }

// Heads for what is judged alone.
ClassifierShape ShapeOf(const NetPlan& plan) {
  ClassifierShape shape = plan.classifier;
  const std::vector<int> judged = JudgedFeatures(plan);
  shape.headless.clear();
  for (int f = 0; f < static_cast<int>(shape.classes.size()); ++f) {
    if (!absl::c_linear_search(judged, f)) shape.headless.push_back(f);
  }
  return shape;
}

// NHWC floats as [N, 3, S, S], channels-last, on the device.
at::Tensor ToImages(const float* pixels, int count, int size, c10::Device device) {
  return at::from_blob(const_cast<float*>(pixels), {count, size, size, 3}, at::kFloat)
      .permute({0, 3, 1, 2})
      .to(device);
}

// [N, total_classes], on the device.
at::Tensor ToLabels(const std::vector<float>& labels, int count, c10::Device device) {
  const auto classes = static_cast<int64_t>(labels.size()) / count;
  return at::from_blob(const_cast<float*>(labels.data()), {count, classes}, at::kFloat).to(device);
}

class ClassifierJudge final : public Judge {
 public:
  ClassifierJudge(Classifier net, c10::Device device, std::vector<int> known)
      : net_(std::move(net)), device_(device), known_(std::move(known)) {}

  bool Knows(int feature) const override { return absl::c_linear_search(known_, feature); }

  absl::Status Classify(const float* images, int count, float* probabilities) override {
    return TorchWall("judging", [&] {
      const at::NoGradGuard no_grad;
      const std::vector<int>& classes = net_.shape().classes;
      const ClassifierOutput output = net_.Forward(ToImages(images, count, net_.shape().image_size, device_));
      std::vector<at::Tensor> columns;
      for (size_t f = 0; f < classes.size(); ++f) {
        columns.push_back(Knows(static_cast<int>(f)) ? output.logits[f].softmax(1).to(at::kCPU)
                                                     : at::zeros({count, classes[f]}));
      }
      const at::Tensor all = at::cat(columns, 1).contiguous();
      std::copy_n(all.data_ptr<float>(), all.numel(), probabilities);
      return absl::OkStatus();
    });
  }

  int embedding_size(int feature) const override {
    return Knows(feature) ? net_.embedding_size() : 0;
  }

  absl::Status Embed(const float* images, int count, int feature, float* embeddings) override {
    return TorchWall("judging", [&] {
      const at::NoGradGuard no_grad;
      const at::Tensor all =
          net_.Embed(ToImages(images, count, net_.shape().image_size, device_), feature).to(at::kCPU).contiguous();
      std::copy_n(all.data_ptr<float>(), all.numel(), embeddings);
      return absl::OkStatus();
    });
  }

 private:
  Classifier net_;
  c10::Device device_;
  std::vector<int> known_;
};

absl::StatusOr<std::unique_ptr<Judge>> Train(const JudgeOptions& options, const std::atomic<bool>& stop) {
  const JudgePlan& plan = options.plan.judge;
  const uint64_t seed = SeedOf(options.plan);
  const std::vector<int> judged = JudgedFeatures(options.plan);
  ASSIGN_OR_RETURN(const c10::Device device, ResolveDevice(options.device));
  Classifier net(ShapeOf(options.plan), seed);
  net.To(device);
  Adam adam(net.parameters(), AdamOptions(), "judge_adam");
  std::vector<double> weights(net.shape().classes.size(), 0.0);
  for (const int feature : judged) weights[feature] = 1.0;
  SchedulePlan schedule;
  schedule.kind = ScheduleKind::kCosine;
  schedule.warmup_steps = std::min(kWarmupSteps, plan.steps / 2);

  BatchMakerOptions batch_options{options.dataset, options.train_images, plan.batch_size, seed, "judge"};
  BatchQueue batches(std::make_unique<BatchMaker>(std::move(batch_options)), 0, plan.steps);
  for (int step = 0; step < plan.steps; ++step) {
    if (stop) return absl::CancelledError("the evaluation was stopped");
    const Batch& batch = batches.Next();
    const at::Tensor images = ToImages(batch.images.data(), batch.size, net.shape().image_size, device);
    const at::Tensor labels = ToLabels(batch.labels, batch.size, device);
    ClearGradients(net.parameters());
    const ClassifierOutput output = net.Forward(images, DropoutKey{seed, static_cast<uint64_t>(step)});
    const at::Tensor loss = WeightedCrossEntropy(output.logits, labels, net.shape().classes, weights);
    if (!std::isfinite(loss.item<double>())) {
      return WithReason(absl::DataLossError(absl::StrCat("the judge's loss is not finite after step ", step + 1,
                                                         ": a lower judge.learning_rate helps as a rule")),
                        "LOSS_NOT_FINITE");
    }
    loss.backward();
    adam.Step(LearningRate(schedule, plan.learning_rate, step, plan.steps));
    if (options.on_progress) options.on_progress(static_cast<double>(step + 1) / plan.steps);
  }
  return std::make_unique<ClassifierJudge>(std::move(net), device, judged);
}

absl::StatusOr<std::unique_ptr<Judge>> Load(const ClassifierShape& shape, absl::string_view weights,
                                            const std::string& device_name) {
  ASSIGN_OR_RETURN(const c10::Device device, ResolveDevice(device_name));
  ASSIGN_OR_RETURN(const TensorMap tensors, ParseSafetensors(weights));
  const bool has_classifier = absl::c_any_of(
      tensors, [](const auto& tensor) { return absl::StartsWith(tensor.first, "classifier."); });
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
  return TorchWall("training the judge", [&] { return Train(options, stop); });
}

}  // namespace facet::model
