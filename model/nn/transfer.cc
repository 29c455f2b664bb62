// SPDX-License-Identifier: Apache-2.0
#include "model/nn/transfer.h"

#include <ATen/ATen.h>

namespace facet::model {

at::Tensor SendTo(c10::Device device, const at::Tensor& host) {
  if (device.is_cpu()) return host;
  // A copy out of pageable memory would wait until the stream gets to it.
  return host.pin_memory().to(device, host.scalar_type(), /*non_blocking=*/true);
}

}  // namespace facet::model
