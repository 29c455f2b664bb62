// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_plan.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "model/data/dataset_labels.h"
#include "model/data/hold_out.h"
#include "model/features/schema_proto.h"
#include "model/preset/memory_estimate.h"
#include "model/preset/preset.h"
#include "server/core/jobs/task_plan.h"
#include "server/core/request_text.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

constexpr int kMaxCheckpointsKept = 100;
constexpr size_t kMaxSpecBytes = 1 << 20;
constexpr int kMaxHoldOutRules = 1000;
// Images times rules that are split when a job is made, so that it takes a
// second at the most or so; all but odd rules take far less.
constexpr int64_t kMaxSplitWork = 200'000;

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
      RETURN_IF_ERROR(ValidateText(spec.inline_preset().name(), "spec.inline_preset.name"));
      RETURN_IF_ERROR(ValidateText(spec.inline_preset().description(), "spec.inline_preset.description"));
      return spec.inline_preset();
    case v1::TrainingSpec::PRESET_SOURCE_NOT_SET:
      break;
  }
  return PresetRequired(options);
}

// Whether `overrides` sets the field that `path` begins with.
bool Sets(const google::protobuf::Message& overrides, absl::string_view path) {
  const std::string name(path.substr(0, path.find_first_of(".[")));
  const auto* field = overrides.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return false;
  const auto* reflection = overrides.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(overrides, field) > 0 : reflection->HasField(overrides, field);
}

// The path of a bad field of the merged preset, in the request that led to it.
absl::Status InRequest(const absl::Status& status, const v1::TrainingSpec& spec) {
  const ErrorDetail detail = GetErrorDetail(status);
  if (!detail.field.has_value()) return status;
  absl::string_view below_training = *detail.field;
  if (absl::ConsumePrefix(&below_training, "training.") && Sets(spec.overrides(), below_training)) {
    return InvalidField(absl::StrCat("spec.overrides.", below_training), detail.reason, status.message());
  }
  absl::string_view below_judge = *detail.field;
  if (absl::ConsumePrefix(&below_judge, "judge.") && Sets(spec.judge(), below_judge)) {
    return InvalidField(absl::StrCat("spec.judge.", below_judge), detail.reason, status.message());
  }
  return PrefixField(status, spec.has_inline_preset() ? "spec.inline_preset" : "spec.preset");
}

// Of the model of a task, where there is one.
absl::StatusOr<v1::Preset> ChoosePreset(const JobPlanOptions& options, const v1::TrainingSpec& spec,
                                        const std::optional<FoundModel>& model) {
  if (!model.has_value()) return BasePreset(options, spec);
  const v1::Preset& of_model = model->version.card().preset();
  if (spec.preset_source_case() == v1::TrainingSpec::PRESET_SOURCE_NOT_SET) return of_model;
  ASSIGN_OR_RETURN(v1::Preset preset, BasePreset(options, spec));
  // The nets that look are the preset's, the one that draws is the model's.
  *preset.mutable_generator() = of_model.generator();
  return preset;
}

absl::Status ResolveNets(const JobPlanOptions& options, const v1::TrainingSpec& spec, const v1::Dataset& dataset,
                         const model::FeatureSchema& schema, const std::optional<FoundModel>& model, JobPlan* job) {
  v1::Preset& preset = *job->trainer.mutable_preset();
  ASSIGN_OR_RETURN(preset, ChoosePreset(options, spec, model));
  *preset.mutable_training() = model::MergeTrainingOptions(preset.training(), spec.overrides());
  *preset.mutable_judge() = model::MergeJudgeOptions(preset.judge(), spec.judge());
  auto resolved = model::ResolvePreset(preset, schema, dataset.height());
  if (!resolved.ok()) return InRequest(resolved.status(), spec);
  job->nets = *std::move(resolved);
  return absl::OkStatus();
}

// Whether the data set can lose what the request holds out, found as the trainer
// will find it.
absl::Status TrySplit(const JobPlanOptions& options, const v1::TrainingSpec& spec, const v1::Dataset& dataset,
                      const std::string& folder) {
  // Those of a model's card have been split before.
  if (spec.hold_out().empty() || dataset.image_count() > kMaxSplitWork / spec.hold_out_size()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::shared_ptr<void> pin, options.datasets->Pin(dataset.name()));
  ASSIGN_OR_RETURN(const model::DatasetLabels labels, model::ReadDatasetLabels(*options.file_system, folder));
  const std::vector<v1::HoldOutRule> rules(spec.hold_out().begin(), spec.hold_out().end());
  return PrefixField(model::SplitDataset(labels, rules).status(), "spec");
}

}  // namespace

absl::StatusOr<v1::Dataset> FindSquareDataset(const JobPlanOptions& options, const std::string& asked,
                                              absl::string_view field) {
  ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(asked, field));
  v1::GetDatasetRequest request;
  request.set_name(name.ToString());
  ASSIGN_OR_RETURN(v1::Dataset dataset, options.datasets->Get(request));
  if (dataset.height() == dataset.width()) return dataset;
  return InvalidField(field, "NOT_SQUARE",
                      absl::StrCat("nets make square images; those of '", dataset.name(), "' are ", dataset.height(),
                                   " x ", dataset.width()));
}

absl::Status CheckSpecSize(const v1::TrainingSpec& spec) {
  const size_t bytes = spec.ByteSizeLong();
  if (bytes > kMaxSpecBytes) {
    return InvalidField("spec", "SPEC_TOO_LARGE",
                        absl::StrCat("the spec has ", bytes, " bytes; at most ", kMaxSpecBytes, " are allowed"));
  }
  if (spec.hold_out_size() <= kMaxHoldOutRules) return absl::OkStatus();
  return InvalidField("spec.hold_out", "OUT_OF_RANGE",
                      absl::StrCat("there are ", spec.hold_out_size(), " rules; at most ", kMaxHoldOutRules,
                                   " are allowed: one rule may hold out many cells (`count`, `each`)"));
}

absl::StatusOr<JobPlan> PlanJob(const JobPlanOptions& options, const v1::TrainingSpec& spec) {
  if (spec.checkpoints().keep() < 0 || spec.checkpoints().keep() > kMaxCheckpointsKept) {
    return InvalidField("spec.checkpoints.keep", "OUT_OF_RANGE",
                        absl::StrCat("it must be in [1, ", kMaxCheckpointsKept, "], or 0 for 2"));
  }
  RETURN_IF_ERROR(CheckTaskFields(spec));
  JobPlan job;
  internal::TrainerSpec& plan = job.trainer;
  ASSIGN_OR_RETURN(const v1::Dataset dataset, FindSquareDataset(options, spec.dataset(), "spec.dataset"));
  plan.set_dataset(dataset.name());
  ASSIGN_OR_RETURN(*plan.mutable_dataset_dir(), options.datasets->FolderOf(dataset));
  ASSIGN_OR_RETURN(const model::FeatureSchema schema, model::SchemaFromProto(dataset.schema()));
  job.dataset_bytes = PixelBytes(dataset);

  ASSIGN_OR_RETURN(const std::optional<FoundModel> model, FindTaskModel(options.find_model, spec, dataset));
  RETURN_IF_ERROR(ResolveNets(options, spec, dataset, schema, model, &job));
  const bool has_task = spec.task_case() != v1::TrainingSpec::TASK_NOT_SET;
  if (!has_task) RETURN_IF_ERROR(model::CheckFitsMemory(job.nets, options.memory_bytes));

  *plan.mutable_hold_out() = spec.hold_out();
  *plan.mutable_checkpoints() = spec.checkpoints();
  if (has_task) {
    RETURN_IF_ERROR(PlanTask(options, spec, dataset, model, &job));
  } else if (job.nets.judge.steps > 0) {
    job.judge = JudgeLoad(job.nets.judge, plan, dataset);
  }
  const std::vector<v1::HoldOutRule> rules(plan.hold_out().begin(), plan.hold_out().end());
  RETURN_IF_ERROR(PrefixField(model::ValidateHoldOut(schema, rules), "spec"));
  RETURN_IF_ERROR(TrySplit(options, spec, dataset, plan.dataset_dir()));
  return job;
}

}  // namespace facet::server
