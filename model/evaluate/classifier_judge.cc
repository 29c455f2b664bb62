// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/classifier_judge.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "absl/algorithm/container.h"
#include "model/nn/float32_products.h"
#include "model/nn/torch_wall.h"
#include "model/nn/transfer.h"

namespace facet::model {

at::Tensor ToImages(const float* pixels, int count, int size, c10::Device device) {
  return SendTo(device,
                at::from_blob(const_cast<float*>(pixels), {count, size, size, 3}, at::kFloat).permute({0, 3, 1, 2}));
}

bool ClassifierJudge::Knows(int feature) const { return absl::c_linear_search(known_, feature); }

absl::Status ClassifierJudge::Classify(const float* images, int count, float* probabilities) {
  return TorchWall("judging", [&] {
    const at::NoGradGuard no_grad;
    UseFloat32Products(Float32Products::kExact);
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

int ClassifierJudge::embedding_size(int feature) const { return Knows(feature) ? net_.embedding_size() : 0; }

absl::Status ClassifierJudge::Embed(const float* images, int count, float* embeddings) {
  return TorchWall("judging", [&] {
    const at::NoGradGuard no_grad;
    UseFloat32Products(Float32Products::kExact);
    const std::vector<at::Tensor> by_feature = net_.Embed(ToImages(images, count, net_.shape().image_size, device_));
    std::vector<at::Tensor> columns;
    for (size_t f = 0; f < by_feature.size(); ++f) {
      if (Knows(static_cast<int>(f))) columns.push_back(by_feature[f]);
    }
    if (columns.empty()) return absl::OkStatus();
    const at::Tensor all = at::cat(columns, 1).to(at::kCPU).contiguous();
    std::copy_n(all.data_ptr<float>(), all.numel(), embeddings);
    return absl::OkStatus();
  });
}

}  // namespace facet::model
