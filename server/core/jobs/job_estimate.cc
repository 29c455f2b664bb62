// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_estimate.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "model/preset/memory_estimate.h"
#include "model/train/sheet_folder.h"
#include "server/core/jobs/net_operations.h"

namespace facet::server {
namespace {

// Of LibTorch and its threads, before any net.
constexpr int64_t kProgramBytes = int64_t{300} << 20;
// Log, curve, specification.
constexpr int64_t kSmallFilesBytes = int64_t{16} << 20;
constexpr double kOperationsPerSecond = 30e9;
// Of the smallest nets: what each layer, the optimiser and the batch cost before
// they compute anything.
constexpr double kStepSeconds = 5e-3;

// Of all sheets of samples that stay, and one that is new: 32 pairs of images
// each. Beside those of the checkpoints kept the first stays, and that of the best.
int64_t SampleBytes(const model::NetPlan& nets, int checkpoints_kept) {
  const int64_t side = nets.generator.image_size();
  return (int64_t{std::max(model::kSheetsKept, checkpoints_kept + 2)} + 1) * 64 * 3 * side * side;
}

void SetDuration(double seconds, v1::ResourceEstimate* estimate) {
  estimate->mutable_duration()->set_seconds(static_cast<int64_t>(seconds));
  estimate->mutable_duration()->set_nanos(
      static_cast<int32_t>((seconds - static_cast<double>(estimate->duration().seconds())) * 1e9));
}

int Cores(const JobEstimateInput& input) {
  return input.nets.training.threads > 0 ? input.nets.training.threads : input.cores;
}

// Seconds of the judge where the machine does `operations_per_second`, and
// `step_seconds` a step at the least; 0: there is none.
double JudgeSeconds(const JobEstimateInput& input, double operations_per_second, double step_seconds) {
  if (!input.judge.has_value()) return 0;
  const double steps = input.judge->learnt_images / std::max(1, input.judge->batch_size);
  return std::max(TaskOperations(input.nets, *input.judge) / operations_per_second, steps * step_seconds);
}

void EstimateDuration(const JobEstimateInput& input, v1::ResourceEstimate* estimate) {
  const auto& training = input.nets.training;
  const double steps = std::max(0, training.steps - input.first_step);
  const double operations = CountStepOperations(input.nets);
  double seconds = 0, judge = 0;
  std::string basis;
  if (input.measured.has_value()) {
    const double steps_per_second = input.measured->images_per_second / training.batch_size;
    seconds = steps / steps_per_second;
    judge = JudgeSeconds(input, operations * steps_per_second, 0);
    basis = absl::StrFormat("'%s' with the same nets made %.0f images/s", input.measured->job,
                            input.measured->images_per_second);
  } else {
    const int cores = Cores(input);
    const double computing = operations / (cores * kOperationsPerSecond);
    seconds = steps * std::max(computing, kStepSeconds);
    judge = JudgeSeconds(input, cores * kOperationsPerSecond, kStepSeconds);
    basis = absl::StrFormat("%.2f GFLOP a step, at 30 GFLOP/s on each of %d cores%s", operations / 1e9, cores,
                            computing < kStepSeconds ? ", but no less than 5 ms a step" : "; a GPU is faster");
  }
  if (input.judge.has_value()) {
    absl::StrAppendFormat(&basis, "; %.0f s of it for the judge, which learns %d steps", judge, input.nets.judge.steps);
  }
  estimate->set_duration_basis(basis);
  SetDuration(seconds + judge, estimate);
}

void Warn(const JobEstimateInput& input, v1::ResourceEstimate* estimate) {
  constexpr double kMiB = 1 << 20;
  if (input.free_memory.has_value() && *input.free_memory < estimate->memory_bytes()) {
    estimate->add_warnings(absl::StrFormat("the job needs about %.0f MiB of memory, and %.0f MiB are free",
                                           estimate->memory_bytes() / kMiB, *input.free_memory / kMiB));
  }
  if (input.free_disk.has_value() && *input.free_disk < estimate->disk_bytes()) {
    estimate->add_warnings(absl::StrFormat("the job leaves about %.0f MiB on the disk, and %.0f MiB are free",
                                           estimate->disk_bytes() / kMiB, *input.free_disk / kMiB));
  }
}

v1::ResourceEstimate EstimateTask(const JobEstimateInput& input) {
  v1::ResourceEstimate estimate;
  estimate.set_memory_bytes(TaskMemory(input.nets, *input.task) + input.dataset_bytes + kProgramBytes);
  // The copy of the model, about.
  estimate.set_disk_bytes(model::EstimateMemory(input.nets).weights + kSmallFilesBytes);
  const double operations = TaskOperations(input.nets, *input.task);
  SetDuration(operations / (Cores(input) * kOperationsPerSecond), &estimate);
  estimate.set_duration_basis(absl::StrFormat("%.2f GFLOP in all, at 30 GFLOP/s on each of %d cores; a GPU is faster",
                                              operations / 1e9, Cores(input)));
  Warn(input, &estimate);
  return estimate;
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
  if (input.task.has_value()) return EstimateTask(input);
  v1::ResourceEstimate estimate;
  const model::MemoryEstimate memory = model::EstimateMemory(input.nets);
  const int64_t checkpoint = CheckpointBytes(input.nets);
  const int64_t bundle = memory.weights;
  estimate.set_checkpoint_bytes(checkpoint);
  estimate.set_memory_bytes(memory.total() + input.dataset_bytes + checkpoint + kProgramBytes);
  // Beside the newest: the best, and the one being written.
  estimate.set_disk_bytes(checkpoint * (input.checkpoints_kept + 2) + bundle +
                          SampleBytes(input.nets, input.checkpoints_kept) + kSmallFilesBytes);
  EstimateDuration(input, &estimate);
  Warn(input, &estimate);
  return estimate;
}

}  // namespace facet::server
