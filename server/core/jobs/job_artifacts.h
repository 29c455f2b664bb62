// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_ARTIFACTS_H_
#define FACET_SERVER_CORE_JOBS_JOB_ARTIFACTS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/training.pb.h"
#include "server/core/store/store.h"

namespace facet::server {

// What a job leaves behind as it runs: its curve, sheets of samples, log and
// bundle. Blocks on the disk. Thread-safe.
class JobArtifacts {
 public:
  // Jobs have their folders below `root`; the others outlive this.
  JobArtifacts(std::string root, Store* store, FileSystem* file_system)
      : root_(std::move(root)), store_(store), file_system_(file_system) {}

  // As JobManager has them: errors of the name, NOT_FOUND.
  absl::StatusOr<v1::TrainingCurve> GetCurve(const v1::GetTrainingCurveRequest& request) const;
  absl::StatusOr<v1::TrainingSamples> GetSamples(const v1::GetTrainingSamplesRequest& request) const;
  absl::StatusOr<v1::ReadTrainingLogResponse> ReadLog(const v1::ReadTrainingLogRequest& request) const;
  absl::StatusOr<std::string> BundleOf(const std::string& job_name) const;

  // `curve.csv` and `curve.svg` of a job that trains, as they are with `report`,
  // which the job need not have yet.
  absl::Status WriteCurve(const std::string& name, const v1::EvaluationReport& report) const;

 private:
  absl::StatusOr<v1::TrainingCurve> CurveWith(const std::string& name, const v1::EvaluationReport& report) const;
  std::string FolderOf(const std::string& name) const;

  const std::string root_;
  Store* const store_;
  FileSystem* const file_system_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_ARTIFACTS_H_
