// SPDX-License-Identifier: Apache-2.0
#include "server/core/device_faults.h"

#include <utility>

#include "base/error.h"

namespace facet::server {

DeviceFaults::DeviceFaults(Metrics* metrics, std::function<void(const absl::Status&)> on_fault)
    : metrics_(metrics), on_fault_(std::move(on_fault)) {}

absl::Status DeviceFaults::Observe(absl::Status status) {
  if (status.ok() || GetErrorDetail(status).reason != "DEVICE_FAULT") return status;
  absl::call_once(reported_, [&] {
    metrics_->DeviceFault();
    if (on_fault_ != nullptr) on_fault_(status);
  });
  return status;
}

}  // namespace facet::server
