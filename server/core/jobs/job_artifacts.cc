// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_artifacts.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "server/core/jobs/curve_plot.h"
#include "server/core/jobs/job_curve.h"
#include "server/core/jobs/job_state.h"
#include "server/core/jobs/log_tail.h"
#include "server/core/jobs/sample_files.h"
#include "server/core/resource_name.h"

namespace facet::server {

absl::StatusOr<v1::TrainingCurve> JobArtifacts::GetCurve(const v1::GetTrainingCurveRequest& request) const {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  ASSIGN_OR_RETURN(const JobRecord record, store_->GetJob(name));
  return CurveWith(name, record.job.report());
}

absl::StatusOr<v1::TrainingCurve> JobArtifacts::CurveWith(const std::string& name,
                                                          const v1::EvaluationReport& report) const {
  ASSIGN_OR_RETURN(v1::TrainingCurve curve, ReadCurve(*store_, name));
  if (report.has_history()) *curve.mutable_accuracy() = report.history();
  curve.set_svg(DrawCurve(name, curve));
  return curve;
}

absl::StatusOr<v1::TrainingSamples> JobArtifacts::GetSamples(const v1::GetTrainingSamplesRequest& request) const {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  RETURN_IF_ERROR(store_->GetJob(name).status());
  return ReadSamples(*file_system_, FolderOf(name), name, request.step());
}

absl::StatusOr<v1::ReadTrainingLogResponse> JobArtifacts::ReadLog(const v1::ReadTrainingLogRequest& request) const {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(request.name(), "name"));
  // The state first: what a job that has ended wrote is all there.
  ASSIGN_OR_RETURN(const JobRecord record, store_->GetJob(name));
  const LogPiece piece = ReadLogPiece(absl::StrCat(FolderOf(name), "/trainer.log"), request.offset());
  v1::ReadTrainingLogResponse response;
  response.set_text(CleanLog(piece.text));
  response.set_next_offset(piece.next_offset);
  response.set_complete(HasEnded(record.job.state()) && piece.at_end);
  return response;
}

absl::StatusOr<std::string> JobArtifacts::BundleOf(const std::string& job_name) const {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(job_name, "name"));
  ASSIGN_OR_RETURN(const JobRecord record, store_->GetJob(name));
  if (record.job.spec().task_case() != v1::TrainingSpec::TASK_NOT_SET) {
    return WithReason(absl::FailedPreconditionError(
                          absl::StrCat("'", name, "' measures a model and makes none: publish a job that trains")),
                      "NO_MODEL");
  }
  if (record.job.state() == v1::TRAINING_JOB_STATE_SUCCEEDED) return absl::StrCat(FolderOf(name), "/bundle");
  return WithReason(absl::FailedPreconditionError(absl::StrCat("'", name, "' is ", JobStateName(record.job.state()),
                                                               ": only a job that has succeeded has a result")),
                    "JOB_NOT_SUCCEEDED");
}

absl::Status JobArtifacts::WriteCurve(const std::string& name, const v1::EvaluationReport& report) const {
  ASSIGN_OR_RETURN(const v1::TrainingCurve curve, CurveWith(name, report));
  if (curve.points().empty()) return absl::OkStatus();  // a task has none
  const std::string stem = absl::StrCat(FolderOf(name), "/curve.");
  RETURN_IF_ERROR(file_system_->WriteFileAtomically(absl::StrCat(stem, "csv"), CurveToCsv(curve)));
  return file_system_->WriteFileAtomically(absl::StrCat(stem, "svg"), curve.svg());
}

std::string JobArtifacts::FolderOf(const std::string& name) const { return absl::StrCat(root_, "/", JobIdOf(name)); }

}  // namespace facet::server
