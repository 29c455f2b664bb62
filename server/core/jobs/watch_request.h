// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_WATCH_REQUEST_H_
#define FACET_SERVER_CORE_JOBS_WATCH_REQUEST_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "facet/v1/training.pb.h"

namespace facet::server {

// How often to say that nothing happens, 15 s where the request does not say, of
// a request that can be meant. INVALID_ARGUMENT (field after_revision, reason
// BAD_REVISION; field heartbeat_interval).
absl::StatusOr<absl::Duration> ParseWatch(const v1::WatchTrainingJobRequest& request);

// OUT_OF_RANGE (reason REVISION_AHEAD): `job` has not come to the revision after
// which it is to be watched.
absl::Status CheckRevisionWasSeen(const v1::WatchTrainingJobRequest& request, const v1::TrainingJob& job);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_WATCH_REQUEST_H_
