// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_plan.h"

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

absl::StatusOr<internal::TrainerSpec> PlanJob(const JobPlanOptions& options, const v1::TrainingSpec& spec) {
  internal::TrainerSpec plan;
  ASSIGN_OR_RETURN(const v1::Dataset dataset, FindDataset(options, spec));
  plan.set_dataset(dataset.name());
  ASSIGN_OR_RETURN(*plan.mutable_dataset_dir(), options.datasets->FolderOf(dataset));
  ASSIGN_OR_RETURN(const model::FeatureSchema schema, model::SchemaFromProto(dataset.schema()));

  ASSIGN_OR_RETURN(*plan.mutable_preset(), BasePreset(options, spec));
  *plan.mutable_preset()->mutable_training() =
      model::MergeTrainingOptions(plan.preset().training(), spec.overrides());
  const auto resolved = model::ResolvePreset(plan.preset(), schema, dataset.height());
  if (!resolved.ok()) return InRequest(resolved.status(), spec);
  RETURN_IF_ERROR(model::CheckFitsMemory(*resolved, options.memory_bytes));

  const std::vector<v1::HoldOutRule> rules(spec.hold_out().begin(), spec.hold_out().end());
  RETURN_IF_ERROR(PrefixField(model::ValidateHoldOut(schema, rules), "spec"));
  *plan.mutable_hold_out() = spec.hold_out();
  return plan;
}

}  // namespace facet::server
