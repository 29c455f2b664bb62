// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_CURVE_H_
#define FACET_SERVER_CORE_JOBS_JOB_CURVE_H_

#include <string>

#include "absl/status/statusor.h"
#include "facet/v1/training.pb.h"
#include "server/core/store/store.h"

namespace facet::server {

// The points and checkpoints of all attempts at a job as one curve, by step:
// an attempt that began again from an earlier step takes the place of what the
// one before it did after that step. Without the drawing. Blocks on the disk.
absl::StatusOr<v1::TrainingCurve> ReadCurve(Store& store, const std::string& job);

// A table, a row a point: step, learning_rate, then the losses by name, each
// number with the digits that make it exact.
std::string CurveToCsv(const v1::TrainingCurve& curve);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_CURVE_H_
