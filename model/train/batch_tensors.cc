// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch_tensors.h"

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "model/nn/transfer.h"

namespace facet::model {
namespace {

constexpr int kChannels = 3;

// from_blob takes no const pointer; nothing writes to what a step learns from.
at::Tensor View(const std::vector<float>& values) {
  return at::from_blob(const_cast<float*>(values.data()), {static_cast<int64_t>(values.size())}, at::kFloat);
}

at::Tensor ImagesOf(const std::vector<float>& values, int count) {
  const double pixels = static_cast<double>(values.size()) / (kChannels * count);
  const int64_t side = std::llround(std::sqrt(pixels));
  return View(values).view({count, side, side, kChannels}).permute({0, 3, 1, 2});
}

at::Tensor LabelsOf(const std::vector<float>& values, int count) { return View(values).view({count, -1}); }

}  // namespace

BatchTensors ViewOf(const Batch& batch) {
  BatchTensors tensors;
  tensors.step = batch.step;
  tensors.images = ImagesOf(batch.images, batch.size);
  tensors.labels = LabelsOf(batch.labels, batch.size);
  const bool made = !batch.target_images.empty();
  tensors.target = made ? ImagesOf(batch.target_images, batch.size) : tensors.images;
  tensors.target_labels = made ? LabelsOf(batch.target_labels, batch.size) : tensors.labels;
  return tensors;
}

BatchTensors SendTo(c10::Device device, const BatchTensors& host) {
  BatchTensors sent;
  sent.step = host.step;
  sent.images = SendTo(device, host.images);
  sent.labels = SendTo(device, host.labels);
  const bool made = !host.target.is_same(host.images);
  sent.target = made ? SendTo(device, host.target) : sent.images;
  sent.target_labels = made ? SendTo(device, host.target_labels) : sent.labels;
  return sent;
}

}  // namespace facet::model
