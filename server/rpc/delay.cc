// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/delay.h"

#include <chrono>
#include <utility>

namespace facet::server {

void DelayedWork::Cancel() {
  if (const std::shared_ptr<grpc::Alarm> alarm = alarm_.lock()) alarm->Cancel();
}

DelayedWork RunAfter(absl::Duration delay, std::function<void()> work) {
  // The alarm is kept by its own callback and let go when that has run.
  auto alarm = std::make_shared<grpc::Alarm>();
  grpc::Alarm* const raw = alarm.get();
  DelayedWork delayed(alarm);
  const auto when = std::chrono::system_clock::now() + absl::ToChronoMicroseconds(delay);
  raw->Set(when, [alarm = std::move(alarm), work = std::move(work)](bool in_time) mutable {
    const std::shared_ptr<grpc::Alarm> last = std::move(alarm);
    const std::function<void()> call = std::exchange(work, nullptr);
    if (in_time) call();
  });
  return delayed;
}

}  // namespace facet::server
