// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_estimate.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "model/preset/memory_estimate.h"
#include "model/train/checkpoint_writer.h"

namespace facet::server {
namespace {

using model::ClassifierShape;
using model::GeneratorShape;

// Of LibTorch and its threads, before any net.
constexpr int64_t kProgramBytes = int64_t{300} << 20;
// Log, curve, specification.
constexpr int64_t kSmallFilesBytes = int64_t{16} << 20;
constexpr double kOperationsPerSecond = 30e9;

// Of all sheets of samples that stay, that of the best among them: 32 pairs of
// images each.
int64_t SampleBytes(const model::NetPlan& nets, int checkpoints_kept) {
  const int64_t side = nets.generator.image_size();
  return (std::max(model::kSheetsKept, checkpoints_kept) + 1) * 64 * 3 * side * side;
}

int64_t Multiplications(const GeneratorShape& shape) {
  int64_t count = 0;
  int64_t width = 0;
  for (size_t i = 0; i < shape.classes.size(); ++i) {
    const int64_t feature_width = shape.feature_widths[i];
    count += shape.classes[i] * feature_width + feature_width * feature_width;
    width += feature_width;
  }
  std::vector<int> widths = shape.joint_widths;
  widths.push_back(shape.base_channels * shape.base_size * shape.base_size);
  for (const int next : widths) {
    count += width * next;
    width = next;
  }
  for (const auto& layer : shape.layers) {
    count += int64_t{1} * layer.in_channels * layer.out_channels * layer.kernel * layer.kernel * layer.in_size *
             layer.in_size;
  }
  return count;
}

int64_t Multiplications(const ClassifierShape& shape) {
  int64_t count = 0;
  int size = shape.image_size;
  int64_t flat = 0;
  for (const auto& block : shape.blocks) {
    const int64_t side = block.conv_size(size);
    count += side * side * block.in_channels * block.out_channels * block.kernel * block.kernel;
    size = block.out_size;
    flat = int64_t{1} * size * size * block.out_channels;
  }
  for (size_t feature = 0; feature < shape.classes.size(); ++feature) {
    if (!shape.has_head(static_cast<int>(feature))) continue;
    int64_t width = flat;
    for (const int next : shape.head_widths) {
      count += width * next;
      width = next;
    }
    count += width * shape.classes[feature];
  }
  return count;
}

void EstimateDuration(const JobEstimateInput& input, v1::ResourceEstimate* estimate) {
  const auto& training = input.nets.training;
  const double steps = std::max(0, training.steps - input.first_step);
  double seconds = 0;
  if (input.measured.has_value()) {
    seconds = steps * training.batch_size / input.measured->images_per_second;
    estimate->set_duration_basis(absl::StrFormat("'%s' with the same nets made %.0f images/s", input.measured->job,
                                                 input.measured->images_per_second));
  } else {
    const int cores = training.threads > 0 ? training.threads : input.cores;
    const double operations = CountStepOperations(input.nets);
    seconds = steps * operations / (cores * kOperationsPerSecond);
    estimate->set_duration_basis(
        absl::StrFormat("%.2f GFLOP a step, at 30 GFLOP/s on each of %d cores; a GPU is faster", operations / 1e9,
                        cores));
  }
  estimate->mutable_duration()->set_seconds(static_cast<int64_t>(seconds));
  estimate->mutable_duration()->set_nanos(
      static_cast<int32_t>((seconds - static_cast<double>(estimate->duration().seconds())) * 1e9));
}

void Warn(const JobEstimateInput& input, v1::ResourceEstimate* estimate) {
  constexpr double kMiB = 1 << 20;
  if (input.free_memory.has_value() && *input.free_memory < estimate->memory_bytes()) {
    estimate->add_warnings(absl::StrFormat("training needs about %.0f MiB of memory, and %.0f MiB are free",
                                           estimate->memory_bytes() / kMiB, *input.free_memory / kMiB));
  }
  if (input.free_disk.has_value() && *input.free_disk < estimate->disk_bytes()) {
    estimate->add_warnings(absl::StrFormat("training leaves about %.0f MiB on the disk, and %.0f MiB are free",
                                           estimate->disk_bytes() / kMiB, *input.free_disk / kMiB));
  }
}

}  // namespace

double CountStepOperations(const model::NetPlan& nets) {
  const auto& training = nets.training;
  const auto generator = static_cast<double>(Multiplications(nets.generator));
  const auto classifier = static_cast<double>(Multiplications(nets.classifier));
  double per_image = 3 * generator;
  if (training.update_rule != model::UpdateRule::kPixels) {
    const double seen = training.update_rule == model::UpdateRule::kBoth ? 2 : 1;
    per_image += 3 * seen * classifier / std::max(1, training.classifier_interval) + 2 * classifier;
    if (training.feature_loss_weight > 0) per_image += classifier;  // of the real images
  }
  return 2 * per_image * training.batch_size;
}

int64_t CheckpointBytes(const model::NetPlan& nets) {
  const model::MemoryEstimate memory = model::EstimateMemory(nets);
  return memory.weights + memory.moments;
}

v1::ResourceEstimate EstimateJob(const JobEstimateInput& input) {
  v1::ResourceEstimate estimate;
  const model::MemoryEstimate memory = model::EstimateMemory(input.nets);
  const int64_t checkpoint = CheckpointBytes(input.nets);
  const int64_t bundle = memory.weights;
  estimate.set_checkpoint_bytes(checkpoint);
  estimate.set_memory_bytes(memory.total() + input.dataset_bytes + checkpoint + kProgramBytes);
  // Beside the newest: the best, and the one being written.
  estimate.set_disk_bytes(checkpoint * (input.checkpoints_kept + 2) + bundle + SampleBytes(input.nets, input.checkpoints_kept) +
                          kSmallFilesBytes);
  EstimateDuration(input, &estimate);
  Warn(input, &estimate);
  return estimate;
}

}  // namespace facet::server
