// SPDX-License-Identifier: Apache-2.0
// What a batch scheduler answers, apart from the template that says it.
#ifndef FACET_SERVER_CORE_BATCHING_BATCH_ERRORS_H_
#define FACET_SERVER_CORE_BATCHING_BATCH_ERRORS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace facet::server {

// INVALID_ARGUMENT: a limit below 1, or a negative wait.
absl::Status ValidateBatchLimits(int max_batch, int max_queue, absl::Duration batch_wait);

// RESOURCE_EXHAUSTED, reason QUEUE_FULL; `until_empty` is how long the waiting
// tasks will probably take, and bounds when a retry makes sense.
absl::Status QueueFullError(int waiting, int max_queue, absl::Duration until_empty);
// RESOURCE_EXHAUSTED, reason TASK_TOO_LARGE; no retry helps.
absl::Status TaskTooLargeError(int items, int max_queue);
// DEADLINE_EXCEEDED.
absl::Status DeadlinePassedError();
// CANCELLED.
absl::Status TaskCancelledError();

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_BATCHING_BATCH_ERRORS_H_
