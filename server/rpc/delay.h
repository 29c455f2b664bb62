// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_DELAY_H_
#define FACET_SERVER_RPC_DELAY_H_

#include <grpcpp/alarm.h>

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace facet::server {

// Work that will be called later. Letting go of this changes nothing.
class DelayedWork {
 public:
  DelayedWork() = default;
  explicit DelayedWork(std::weak_ptr<grpc::Alarm> alarm) : alarm_(std::move(alarm)) {}

  // Calls it off and frees what it holds soon, unless it is being called already.
  void Cancel();

 private:
  std::weak_ptr<grpc::Alarm> alarm_;
};

// Calls `work` once on a thread of gRPC's, `delay` from now; it must not block.
// No thread waits meanwhile.
DelayedWork RunAfter(absl::Duration delay, std::function<void()> work);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_DELAY_H_
