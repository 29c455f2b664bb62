// SPDX-License-Identifier: Apache-2.0
// For the sources of this folder: it shows LibTorch.
#ifndef FACET_MODEL_EVALUATE_CLASSIFIER_JUDGE_H_
#define FACET_MODEL_EVALUATE_CLASSIFIER_JUDGE_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <vector>

#include "model/evaluate/judge.h"
#include "model/nn/classifier.h"

namespace facet::model {

// NHWC floats as [N, 3, S, S], channels-last, on the device.
at::Tensor ToImages(const float* pixels, int count, int size, c10::Device device);

// A Judge out of a classifier.
class ClassifierJudge final : public Judge {
 public:
  // `net` is on `device`; it tells the features `known`.
  ClassifierJudge(Classifier net, c10::Device device, std::vector<int> known)
      : net_(std::move(net)), device_(device), known_(std::move(known)) {}

  bool Knows(int feature) const override;
  absl::Status Classify(const float* images, int count, float* probabilities) override;
  int embedding_size(int feature) const override;
  absl::Status Embed(const float* images, int count, float* embeddings) override;

 private:
  Classifier net_;
  c10::Device device_;
  std::vector<int> known_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_CLASSIFIER_JUDGE_H_
