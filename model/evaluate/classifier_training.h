// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_CLASSIFIER_TRAINING_H_
#define FACET_MODEL_EVALUATE_CLASSIFIER_TRAINING_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "model/evaluate/judge.h"
#include "model/preset/net_shape.h"
#include "model/train/batch.h"

namespace facet::model {

// A classifier that learns on its own, as a judge or a recogniser.
struct ClassifierTraining {
  // Features without a head are not taught, nor are those of one class.
  ClassifierShape shape;
  // Of weights and dropout.
  uint64_t seed = 0;
  int steps = 0;
  double learning_rate = 1e-3;
  SchedulePlan schedule;
  // L2, as AdamOptions says; betas are .9 and .999.
  double weight_decay = 0;
  std::string device = "auto";
  int threads = 0;                            // of LibTorch; 0: all cores
  Precision precision = Precision::kFloat32;  // of learning; it judges in float32
  // In messages: "the judge", and the option that sets `learning_rate`.
  std::string name = "the classifier";
  std::string rate_option = "learning_rate";
  // Steps done.
  std::function<void(int)> on_step;
};

// `shape` with heads for `features` alone.
ClassifierShape WithHeadsFor(ClassifierShape shape, const std::vector<int>& features);

// Trains it on the batches of steps 0 to steps - 1: cross-entropy, mean over
// the batch, features weighed alike. A pure function of training and batches.
// CANCELLED within a step after `stop` is set; DATA_LOSS (reason
// LOSS_NOT_FINITE) with the step.
absl::StatusOr<std::unique_ptr<Judge>> TrainClassifier(const ClassifierTraining& training,
                                                       std::unique_ptr<BatchSource> batches,
                                                       const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_CLASSIFIER_TRAINING_H_
