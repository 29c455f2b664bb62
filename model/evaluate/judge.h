// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_JUDGE_H_
#define FACET_MODEL_EVALUATE_JUDGE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/data/dataset.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Tells the classes of images, independently of the nets it judges. Not
// thread-safe.
class Judge {
 public:
  virtual ~Judge() = default;

  // Whether it was taught this feature.
  virtual bool Knows(int feature) const = 0;

  // Writes class probabilities of `count` images, float32 NHWC in [0, 1], into
  // `probabilities`, [count, total_classes]; those of features it does not
  // know are 0. INTERNAL (reason DEVICE_FAULT): the device failed.
  virtual absl::Status Classify(const float* images, int count, float* probabilities) = 0;
};

struct JudgeOptions {
  // Shape of the classifier, steps, batch size and rate of the judge.
  NetPlan plan;
  const Dataset* dataset = nullptr;  // outlives the call
  std::vector<int64_t> train_images;
  std::string device = "auto";
  // Fraction done, in [0, 1].
  std::function<void(double)> on_progress;
};

// The features a judge is taught: those of two classes or more that have a
// head in the plan's classifier, or all of two classes or more where none has.
std::vector<int> JudgedFeatures(const NetPlan& plan);

// Trains a classifier of the plan's shape, with other weights and another
// order than the cooperating one, on real images alone: Adam with its usual
// betas, half a cosine. A pure function of the options. CANCELLED soon after
// `stop` is set; DATA_LOSS (reason LOSS_NOT_FINITE) with the step.
absl::StatusOr<std::unique_ptr<Judge>> TrainJudge(const JudgeOptions& options, const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_JUDGE_H_
