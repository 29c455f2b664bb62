// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/watch_request.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::server {
namespace {

constexpr absl::Duration kDefaultHeartbeat = absl::Seconds(15);

}  // namespace

absl::StatusOr<absl::Duration> ParseWatch(const v1::WatchTrainingJobRequest& request) {
  if (request.after_revision() < 0) {
    return InvalidField("after_revision", "BAD_REVISION", "revisions count from 1; 0 means all that are kept");
  }
  if (!request.has_heartbeat_interval()) return kDefaultHeartbeat;
  const auto& interval = request.heartbeat_interval();
  constexpr int64_t kMostSeconds = 315'576'000'000;  // as google.protobuf.Duration has it
  if (interval.seconds() > kMostSeconds || interval.nanos() < 0 || interval.nanos() > 999'999'999) {
    return InvalidField("heartbeat_interval", "OUT_OF_RANGE",
                        "a heartbeat_interval has seconds up to 10,000 years and nanos in [0, 999999999]");
  }
  const absl::Duration wanted = absl::Seconds(interval.seconds()) + absl::Nanoseconds(interval.nanos());
  if (wanted >= absl::Seconds(1)) return wanted;
  return InvalidField("heartbeat_interval", "OUT_OF_RANGE", "heartbeats come every second at the most");
}

absl::Status CheckRevisionWasSeen(const v1::WatchTrainingJobRequest& request, const v1::TrainingJob& job) {
  const int64_t asked = request.after_revision();
  const int64_t newest = job.revision();
  if (asked <= newest) return absl::OkStatus();
  // Nobody has seen such an event: the job was made anew, or the store restored.
  return WithReason(
      absl::OutOfRangeError(absl::StrCat("'", job.name(), "' has come to revision ", newest, " and not to ", asked,
                                         ": it is another job of that name, or an older state of it. "
                                         "Watch again after ",
                                         newest, ", or after 0 for all events that are kept")),
      "REVISION_AHEAD");
}

}  // namespace facet::server
