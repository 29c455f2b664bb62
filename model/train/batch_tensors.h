// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_BATCH_TENSORS_H_
#define FACET_MODEL_TRAIN_BATCH_TENSORS_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "model/train/batch.h"

namespace facet::model {

// A batch as the nets take it, float32.
struct BatchTensors {
  int step = 0;              // counted from 0
  at::Tensor images;         // [N, 3, S, S], channels-last, in [0, 1]
  at::Tensor labels;         // [N, total_classes]
  at::Tensor target;         // what the generator should draw, as `images`
  at::Tensor target_labels;  // and from what, as `labels`
};

// The batch's own memory, on the CPU: valid while the batch is and stays as it
// is. Where nothing is mixed, the targets are the images.
BatchTensors ViewOf(const Batch& batch);

// Copies of `host`, as SendTo (model/nn/transfer.h) makes them.
BatchTensors SendTo(c10::Device device, const BatchTensors& host);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_BATCH_TENSORS_H_
