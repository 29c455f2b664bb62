// SPDX-License-Identifier: Apache-2.0
#include "model/preset/memory_estimate.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/error.h"

namespace facet::model {
namespace {

constexpr int64_t kFloat = sizeof(float);
// Batches that are read ahead or in use.
constexpr int64_t kBatches = 3;

// Samples of one image in all layers.
int64_t Activations(const GeneratorShape& shape) {
  int64_t count = int64_t{1} * shape.base_channels * shape.base_size * shape.base_size;
  for (const UpconvShape& layer : shape.layers) {
    count += int64_t{1} * layer.out_channels * layer.out_size * layer.out_size;
  }
  return count;
}

int64_t Activations(const ClassifierShape& shape) {
  int64_t count = 0;
  int size = shape.image_size;
  for (const ConvBlockShape& block : shape.blocks) {
    const int64_t side = block.conv_size(size);
    count += block.out_channels * side * side * (block.local_response_norm ? 4 : 1);
    size = block.out_size;
  }
  return count;
}

double Gibibytes(int64_t bytes) { return static_cast<double>(bytes) / (int64_t{1} << 30); }

}  // namespace

MemoryEstimate EstimateMemory(const NetPlan& plan) {
  const int64_t generator = ParameterCount(plan.generator);
  const int64_t both = generator + ParameterCount(plan.classifier);
  const int64_t size = plan.generator.image_size();
  const int64_t batch = std::max(plan.training.batch_size, plan.judge.steps > 0 ? plan.judge.batch_size : 0);
  MemoryEstimate estimate;
  estimate.weights = kFloat * (both + (plan.training.average_decay > 0 ? generator : 0));
  estimate.gradients = kFloat * both;
  estimate.moments = 2 * kFloat * both;
  // Before and after the activation function, and a gradient; the classifier
  // looks at synthetic and real images.
  estimate.activations = 3 * kFloat * batch * (Activations(plan.generator) + 2 * Activations(plan.classifier));
  estimate.batches =
      kBatches * kFloat * batch * 3 * size * size * (plan.training.mix_share + plan.training.analogy_share > 0 ? 2 : 1);
  return estimate;
}

MemoryEstimate EstimateMemory(const ClassifierShape& shape, int batch_size) {
  MemoryEstimate estimate;
  estimate.weights = kFloat * ParameterCount(shape);
  estimate.gradients = estimate.weights;
  estimate.moments = 2 * estimate.weights;
  estimate.activations = 3 * kFloat * batch_size * Activations(shape);
  estimate.batches = kBatches * kFloat * batch_size * 3 * shape.image_size * shape.image_size;
  return estimate;
}

int64_t EstimateRenderMemory(const GeneratorShape& shape, int batch_size) {
  return kFloat * (2 * ParameterCount(shape) + batch_size * Activations(shape));
}

std::string DescribeMemory(const MemoryEstimate& estimate) {
  return absl::StrFormat("%.1f GiB: weights %.1f, gradients %.1f, optimisers %.1f, activations %.1f, images %.1f",
                         Gibibytes(estimate.total()), Gibibytes(estimate.weights), Gibibytes(estimate.gradients),
                         Gibibytes(estimate.moments), Gibibytes(estimate.activations), Gibibytes(estimate.batches));
}

absl::Status CheckFitsMemory(const NetPlan& plan, int64_t bytes) {
  const MemoryEstimate estimate = EstimateMemory(plan);
  if (bytes == 0 || estimate.total() <= bytes) return absl::OkStatus();
  return WithReason(
      absl::ResourceExhaustedError(absl::StrFormat(
          "training needs about %s, and the machine has %.1f GiB. A smaller batch_size makes activations smaller, "
          "narrower layers or a smaller image_size all of it",
          DescribeMemory(estimate), Gibibytes(bytes))),
      "PRESET_TOO_LARGE");
}

}  // namespace facet::model
