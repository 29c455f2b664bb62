// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/delay.h"

#include <grpcpp/alarm.h>

#include <chrono>
#include <memory>
#include <utility>

namespace facet::server {

void RunAfter(absl::Duration delay, std::function<void()> work) {
  // The alarm is kept by its own callback and let go when that has run.
  auto alarm = std::make_shared<grpc::Alarm>();
  grpc::Alarm* const raw = alarm.get();
  const auto when = std::chrono::system_clock::now() + absl::ToChronoMicroseconds(delay);
  raw->Set(when, [alarm = std::move(alarm), work = std::move(work)](bool) mutable {
    const std::shared_ptr<grpc::Alarm> last = std::move(alarm);
    std::exchange(work, nullptr)();
  });
}

}  // namespace facet::server
