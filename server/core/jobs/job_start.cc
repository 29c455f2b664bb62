// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_start.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sealed_folder.h"
#include "base/status_macros.h"
#include "model/features/schema_proto.h"
#include "model/preset/preset.h"
#include "model/train/checkpoint_store.h"
#include "model/train/run_identity.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

absl::Status CheckShapes(const model::RunIdentity& found, const model::NetPlan& nets) {
  const std::string difference = model::DescribeDifference(found, model::DescribeNets(nets));
  if (difference.empty()) return absl::OkStatus();
  return InvalidField("spec.start", "OTHER_SHAPES",
                      absl::StrCat("its nets have other shapes than the job's: ", difference));
}

absl::StatusOr<JobStart> FromJob(const JobStartOptions& options, const v1::StartingPoint& point,
                                 const model::NetPlan& nets) {
  ASSIGN_OR_RETURN(const std::string name, ParseJobName(point.training_job(), "spec.start.training_job"));
  if (point.step() < 0) {
    return InvalidField("spec.start.step", "OUT_OF_RANGE",
                        absl::StrCat("step ", point.step(), " must be at least 1, or 0 for the newest checkpoint"));
  }
  RETURN_IF_ERROR(options.store->GetJob(name).status());
  const std::string job_dir = absl::StrCat(options.jobs_root, "/", JobIdOf(name));
  model::CheckpointStore checkpoints(options.file_system, absl::StrCat(job_dir, "/checkpoints"));
  ASSIGN_OR_RETURN(const std::vector<int> steps, checkpoints.Steps());
  if (steps.empty()) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("'", name, "' has no checkpoint to start from")),
                      "NO_CHECKPOINT");
  }
  const int step = point.step() == 0 ? steps.back() : point.step();
  if (std::find(steps.begin(), steps.end(), step) == steps.end()) {
    return ResourceNotFound(
        "facet.v1.Checkpoint", absl::StrCat(name, "@", step),
        absl::StrCat("'", name, "' has no checkpoint of step ", step, "; its newest is of step ", steps.back()));
  }
  JobStart start;
  start.folder = checkpoints.PathOf(step);
  start.step = step;
  ASSIGN_OR_RETURN(const model::Checkpoint checkpoint, checkpoints.LoadState(step));
  RETURN_IF_ERROR(CheckShapes(model::NetsOf(checkpoint.run), nets));
  if (nets.training.steps <= step) {
    return InvalidField("spec.overrides.steps", "NO_STEP_LEFT",
                        absl::StrCat("the job it starts from has done ", step, " steps and this one is to do ",
                                     nets.training.steps, " in all: ask for more"));
  }
  start.spec.set_is_checkpoint(true);
  start.spec.add_lineage(absl::StrCat(name, "@", step));
  // What that job began from in turn.
  internal::TrainerSpec origin;
  if (origin.ParseFromString(options.file_system->ReadFile(absl::StrCat(job_dir, "/spec.binpb")).value_or(""))) {
    start.spec.mutable_lineage()->MergeFrom(origin.start().lineage());
  }
  return start;
}

absl::StatusOr<JobStart> FromModel(const JobStartOptions& options, const v1::StartingPoint& point,
                                   const model::NetPlan& nets) {
  if (point.step() != 0) {
    return InvalidField("spec.start.step", "OUT_OF_RANGE", "a model has no steps: leave it out");
  }
  if (!options.find_model) return absl::UnimplementedError("starting from a model is not set up here");
  RETURN_IF_ERROR(ParseModelName(point.model(), "spec.start.model").status());
  ASSIGN_OR_RETURN(const FoundModel found, options.find_model(point.model()));
  const v1::ModelCard& card = found.version.card();
  ASSIGN_OR_RETURN(const model::FeatureSchema schema, model::SchemaFromProto(card.schema()));
  ASSIGN_OR_RETURN(const model::NetPlan origin, model::ResolvePreset(card.preset(), schema, card.height()));
  RETURN_IF_ERROR(CheckShapes(model::DescribeNets(origin), nets));
  return StartFrom(found);
}

}  // namespace

JobStart StartFrom(const FoundModel& model) {
  JobStart start;
  start.folder = model.bundle_dir;
  start.spec.add_lineage(model.version.name());
  start.spec.mutable_lineage()->MergeFrom(model.version.card().lineage());
  return start;
}

absl::StatusOr<JobStart> FindStart(const JobStartOptions& options, const v1::StartingPoint& start,
                                   const model::NetPlan& nets) {
  switch (start.origin_case()) {
    case v1::StartingPoint::kTrainingJob:
      return FromJob(options, start, nets);
    case v1::StartingPoint::kModel:
      return FromModel(options, start, nets);
    case v1::StartingPoint::ORIGIN_NOT_SET:
      break;
  }
  return InvalidField("spec.start", "REQUIRED", "name a training_job or a model to start from");
}

absl::Status CopyStart(FileSystem& file_system, const JobStart& start, const std::string& path) {
  ASSIGN_OR_RETURN(const auto digests, ReadSeal(file_system, start.folder));
  ASSIGN_OR_RETURN(const auto writer, SealedFolderWriter::Create(&file_system, path));
  for (const auto& [name, digest] : digests) {
    ASSIGN_OR_RETURN(const std::string contents, ReadSealedFile(file_system, start.folder, name));
    RETURN_IF_ERROR(writer->Add(name, contents));
  }
  return writer->Commit();
}

}  // namespace facet::server
