// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_DEVICE_FAULTS_H_
#define FACET_SERVER_CORE_DEVICE_FAULTS_H_

#include <functional>

#include "absl/base/call_once.h"
#include "absl/status/status.h"
#include "server/core/metrics/metrics.h"

namespace facet::server {

// Where everything that computes tells of a compute device that has failed: no
// later work on it can succeed, so the server turns NOT_SERVING and exits.
// Thread-safe.
class DeviceFaults {
 public:
  // `on_fault` is called once, from the thread that found the fault; may be
  // null. `metrics` outlives this.
  DeviceFaults(Metrics* metrics, std::function<void(const absl::Status&)> on_fault);

  // Returns `status`. The first one with reason DEVICE_FAULT is counted and
  // passed on.
  absl::Status Observe(absl::Status status);

 private:
  Metrics* const metrics_;
  const std::function<void(const absl::Status&)> on_fault_;
  absl::once_flag reported_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_DEVICE_FAULTS_H_
