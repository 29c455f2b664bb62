// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_TRANSFER_H_
#define FACET_MODEL_NN_TRANSFER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace facet::model {

// `host`, a tensor of the CPU, on `device`, with the same strides. For the CPU
// that is `host` itself. For a GPU the copy goes through page-locked memory and
// is queued on the current stream, behind what is there: it neither waits for
// that nor does the caller wait for the copy. `host` may change or end at once.
// Throws as LibTorch does.
at::Tensor SendTo(c10::Device device, const at::Tensor& host);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_TRANSFER_H_
