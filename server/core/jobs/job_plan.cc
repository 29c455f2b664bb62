// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_plan.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "model/data/hold_out.h"
#include "model/features/schema_proto.h"
#include "model/preset/memory_estimate.h"
#include "model/preset/preset.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

constexpr int kMaxCheckpointsKept = 100;

absl::Status PresetRequired(const JobPlanOptions& options) {
  std::vector<std::string> names;
  const auto presets = model::ListPresets(*options.file_system, options.preset_dir);
  if (presets.ok()) {
    for (const v1::Preset& preset : *presets) names.push_back(preset.name());
  }
  return InvalidField("spec.preset", "PRESET_REQUIRED",
                      absl::StrCat("choose a preset; there are: ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<v1::Preset> BasePreset(const JobPlanOptions& options, const v1::TrainingSpec& spec) {
  switch (spec.preset_source_case()) {
    case v1::TrainingSpec::kPreset:
      return model::FindPreset(*options.file_system, options.preset_dir, spec.preset());
    case v1::TrainingSpec::kInlinePreset:
      return spec.inline_preset();
    case v1::TrainingSpec::PRESET_SOURCE_NOT_SET:
      break;
  }
  return PresetRequired(options);
}

// Whether `overrides` sets the field that `path` begins with.
bool Overrides(const v1::TrainingOptions& overrides, absl::string_view path) {
  const std::string name(path.substr(0, path.find_first_of(".[")));
  const auto* field = overrides.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return false;
  const auto* reflection = overrides.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(overrides, field) > 0
                              : reflection->HasField(overrides, field);
}

// The path of a bad field of the merged preset, in the request that led to it.
absl::Status InRequest(const absl::Status& status, const v1::TrainingSpec& spec) {
  const ErrorDetail detail = GetErrorDetail(status);
  if (!detail.field.has_value()) return status;
  absl::string_view below_training = *detail.field;
  if (absl::ConsumePrefix(&below_training, "training.") && Overrides(spec.overrides(), below_training)) {
    return InvalidField(absl::StrCat("spec.overrides.", below_training), detail.reason, status.message());
  }
  return PrefixField(status, spec.has_inline_preset() ? "spec.inline_preset" : "spec.preset");
}

absl::StatusOr<v1::Dataset> FindDataset(const JobPlanOptions& options, const v1::TrainingSpec& spec) {
  ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(spec.dataset(), "spec.dataset"));
  v1::GetDatasetRequest request;
  request.set_name(name.ToString());
  ASSIGN_OR_RETURN(v1::Dataset dataset, options.datasets->Get(request));
  if (dataset.height() == dataset.width()) return dataset;
  return InvalidField("spec.dataset", "NOT_SQUARE",
                      absl::StrCat("nets make square images; those of '", dataset.name(), "' are ",
                                   dataset.height(), " x ", dataset.width()));
}

}  // namespace

absl::StatusOr<JobPlan> PlanJob(const JobPlanOptions& options, const v1::TrainingSpec& spec) {
  if (spec.checkpoints().keep() < 0 || spec.checkpoints().keep() > kMaxCheckpointsKept) {
    return InvalidField("spec.checkpoints.keep", "OUT_OF_RANGE",
                        absl::StrCat("it must be in [1, ", kMaxCheckpointsKept, "], or 0 for 2"));
  }
  JobPlan job;
  internal::TrainerSpec& plan = job.trainer;
  ASSIGN_OR_RETURN(const v1::Dataset dataset, FindDataset(options, spec));
  plan.set_dataset(dataset.name());
  ASSIGN_OR_RETURN(*plan.mutable_dataset_dir(), options.datasets->FolderOf(dataset));
  ASSIGN_OR_RETURN(const model::FeatureSchema schema, model::SchemaFromProto(dataset.schema()));

  ASSIGN_OR_RETURN(*plan.mutable_preset(), BasePreset(options, spec));
  *plan.mutable_preset()->mutable_training() =
      model::MergeTrainingOptions(plan.preset().training(), spec.overrides());
  auto resolved = model::ResolvePreset(plan.preset(), schema, dataset.height());
  if (!resolved.ok()) return InRequest(resolved.status(), spec);
  RETURN_IF_ERROR(model::CheckFitsMemory(*resolved, options.memory_bytes));

  const std::vector<v1::HoldOutRule> rules(spec.hold_out().begin(), spec.hold_out().end());
  RETURN_IF_ERROR(PrefixField(model::ValidateHoldOut(schema, rules), "spec"));
  *plan.mutable_hold_out() = spec.hold_out();
  *plan.mutable_checkpoints() = spec.checkpoints();
  job.nets = *std::move(resolved);
  job.dataset_bytes = dataset.image_count() * dataset.height() * dataset.width() * 3;
  return job;
}

}  // namespace facet::server
