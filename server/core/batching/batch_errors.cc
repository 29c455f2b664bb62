// SPDX-License-Identifier: Apache-2.0
#include "server/core/batching/batch_errors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::server {

absl::Status ValidateBatchLimits(int max_batch, int max_queue, absl::Duration batch_wait) {
  if (max_batch < 1) return absl::InvalidArgumentError(absl::StrCat("max_batch is ", max_batch, ", below 1"));
  if (max_queue < 1) return absl::InvalidArgumentError(absl::StrCat("max_queue is ", max_queue, ", below 1"));
  if (batch_wait < absl::ZeroDuration()) return absl::InvalidArgumentError("batch_wait is negative");
  return absl::OkStatus();
}

absl::Status QueueFullError(int waiting, int max_queue, absl::Duration until_empty) {
  const absl::Duration delay = std::clamp(until_empty / 2, absl::Milliseconds(20), absl::Seconds(5));
  return WithRetryAfter(
      WithReason(absl::ResourceExhaustedError(absl::StrCat("the queue is full: ", waiting, " of ", max_queue,
                                                           " images wait; try again in ", absl::FormatDuration(delay))),
                 "QUEUE_FULL"),
      delay);
}

absl::Status TaskTooLargeError(int items, int max_queue) {
  return WithReason(absl::ResourceExhaustedError(absl::StrCat(items, " images are more than the queue ever holds (",
                                                              max_queue, "); ask for fewer at a time")),
                    "TASK_TOO_LARGE");
}

absl::Status DeadlinePassedError() { return absl::DeadlineExceededError("the deadline passed before all was done"); }

absl::Status TaskCancelledError() { return absl::CancelledError("the work was cancelled"); }

}  // namespace facet::server
