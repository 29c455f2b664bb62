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
#include "absl/strings/string_view.h"
#include "model/data/dataset.h"
#include "model/preset/net_shape.h"
#include "model/train/labelled_images.h"

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

  // Numbers that describe an image as to one feature: those that its last
  // layer takes. 0: it does not know the feature.
  virtual int embedding_size(int feature) const = 0;
  // Writes those of `count` images, which are as above, into `embeddings`,
  // [count, sum of all embedding sizes]: all features that it knows side by
  // side, in schema order. Errors of Classify.
  virtual absl::Status Embed(const float* images, int count, float* embeddings) = 0;
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

// A judge out of what a model learnt itself: the tensors `classifier.*` of
// `weights`, a safetensors file. DATA_LOSS: tensors missing or of another
// shape. FAILED_PRECONDITION (reason NO_CLASSIFIER): there are none.
absl::StatusOr<std::unique_ptr<Judge>> LoadClassifier(const ClassifierShape& shape, absl::string_view weights,
                                                      const std::string& device);

// The features a judge is taught: those of two classes or more that have a
// head in the plan's classifier, or all of two classes or more where none has.
std::vector<int> JudgedFeatures(const NetPlan& plan);

// Trains a classifier of the plan's shape, with other weights and another
// order than the cooperating one, on real images alone: Adam with its usual
// betas, half a cosine. A pure function of the options. CANCELLED soon after
// `stop` is set; DATA_LOSS (reason LOSS_NOT_FINITE) with the step.
absl::StatusOr<std::unique_ptr<Judge>> TrainJudge(const JudgeOptions& options, const std::atomic<bool>& stop);

// The same classifier, with the same weights to begin with, trained on `images`
// in place of those of `options`. Errors likewise.
absl::StatusOr<std::unique_ptr<Judge>> TrainJudgeOn(const JudgeOptions& options, const LabelledImages& images,
                                                    const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_JUDGE_H_
