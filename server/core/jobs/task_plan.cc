// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/task_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/features/schema_difference.h"
#include "model/features/schema_proto.h"
#include "model/recognise/pair_grid.h"
#include "model/recognise/resolve_comparison.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

constexpr char kAugmentation[] = "spec.augmentation";
constexpr double kGiB = 1 << 30;

absl::Status NotWithTask(const char* field) {
  return InvalidField(field, "NOT_WITH_TASK", "a job with a task trains no model: leave this out, or the task");
}

absl::Status JudgeRequired(const char* why) {
  return InvalidField("spec.judge.steps", "JUDGE_REQUIRED",
                      absl::StrCat(why, " needs a judge, and the preset has none: say how many steps it is to learn"));
}

absl::Status OtherSchema(const v1::ModelVersion& model, const v1::Dataset& dataset, const std::string& difference) {
  return InvalidField(
      "spec.dataset", "OTHER_SCHEMA",
      absl::StrCat("'", dataset.name(), "' is unlike what '", model.name(), "' was trained on: it has ", difference));
}

absl::Status CheckSameSchema(const v1::ModelVersion& model, const v1::Dataset& dataset) {
  const v1::ModelCard& card = model.card();
  ASSIGN_OR_RETURN(const model::FeatureSchema of_model, model::SchemaFromProto(card.schema()));
  ASSIGN_OR_RETURN(const model::FeatureSchema of_dataset, model::SchemaFromProto(dataset.schema()));
  const std::string difference = model::DescribeDifference(of_model, of_dataset);
  if (!difference.empty()) return OtherSchema(model, dataset, difference);
  if (card.height() == dataset.height() && card.width() == dataset.width()) return absl::OkStatus();
  return OtherSchema(model, dataset,
                     absl::StrCat("images of ", dataset.height(), " x ", dataset.width(), " and not ", card.height(),
                                  " x ", card.width()));
}

// Images that an evaluation renders and looks at, about.
double EvaluatedImages(const internal::TrainerSpec& trainer, const v1::Dataset& dataset) {
  constexpr double kOfEachPart = 2000;
  const double parts = 1 + trainer.hold_out_size() + dataset.schema().features_size();
  return parts * std::min<double>(kOfEachPart, static_cast<double>(dataset.image_count()));
}

absl::Status PlanEvaluation(const v1::Dataset& dataset, const FoundModel& model, JobPlan* job) {
  const model::JudgePlan& judge = job->nets.judge;
  if (judge.steps == 0) return JudgeRequired("an evaluation");
  if (job->trainer.hold_out().empty() && model.version.card().dataset_fingerprint() == dataset.fingerprint()) {
    *job->trainer.mutable_hold_out() = model.version.card().hold_out();
  }
  job->load = JudgeLoad(judge, job->trainer, dataset);
  return absl::OkStatus();
}

// Sources that are left out include a synthetic one.
bool NeedsModel(const v1::TrainingSpec& spec) {
  const auto& sources = spec.augmentation().sources();
  return !spec.has_augmentation() || sources.empty() || std::any_of(sources.begin(), sources.end(), [](int source) {
    return source == v1::TRAINING_SOURCE_SYNTHETIC || source == v1::TRAINING_SOURCE_ORIGINALS_AND_SYNTHETIC;
  });
}

absl::Status CheckUnseen(const v1::Dataset& test, const v1::Dataset& dataset, const std::optional<FoundModel>& model,
                         const std::string& field) {
  const bool seen_by_model = model.has_value() && test.fingerprint() == model->version.card().dataset_fingerprint();
  if (test.fingerprint() != dataset.fingerprint() && !seen_by_model) return absl::OkStatus();
  return InvalidField(field, "TEST_SEEN",
                      absl::StrCat("recognisers or the model learnt from the images of '", test.name(),
                                   "': they cannot be tested on them"));
}

absl::Status PlanTest(const JobPlanOptions& options, const v1::AugmentationTask::TestSet& asked,
                      const std::string& field, const v1::Dataset& dataset, const model::FeatureSchema& schema,
                      int feature, const std::optional<FoundModel>& model, JobPlan* job) {
  ASSIGN_OR_RETURN(const v1::Dataset test, FindSquareDataset(options, asked.dataset(), field));
  if (test.height() != dataset.height()) {
    return InvalidField(field, "OTHER_SIZE",
                        absl::StrCat("images of '", test.name(), "' are ", test.height(), " x ", test.width(),
                                     ", those of '", dataset.name(), "' ", dataset.height(), " x ", dataset.width()));
  }
  ASSIGN_OR_RETURN(const model::FeatureSchema of_test, model::SchemaFromProto(test.schema()));
  RETURN_IF_ERROR(PrefixField(model::MatchClasses(schema, feature, of_test).status(), field));
  RETURN_IF_ERROR(CheckUnseen(test, dataset, model, field));
  ASSIGN_OR_RETURN(*job->trainer.add_test_dirs(), options.datasets->FolderOf(test));
  job->test_versions.push_back(test.name());
  job->dataset_bytes += PixelBytes(test);
  job->load->looked_at_images += static_cast<double>(test.image_count());
  return absl::OkStatus();
}

absl::Status PlanAugmentation(const JobPlanOptions& options, const v1::AugmentationTask& task,
                              const v1::Dataset& dataset, const std::optional<FoundModel>& model, JobPlan* job) {
  ASSIGN_OR_RETURN(const model::FeatureSchema schema, model::SchemaFromProto(dataset.schema()));
  const auto comparison = model::ResolveComparison(task, schema);
  if (!comparison.ok()) return PrefixField(comparison.status(), kAugmentation);
  const model::JudgePlan& judge = job->nets.judge;
  if (comparison->needs_synthetic() && judge.steps == 0) return JudgeRequired("the filter of synthetic images");
  job->load = TaskLoad();
  for (int i = 0; i < task.tests_size(); ++i) {
    RETURN_IF_ERROR(PlanTest(options, task.tests(i), absl::StrCat(kAugmentation, ".tests[", i, "].dataset"), dataset,
                             schema, comparison->feature, model, job));
  }
  const double recognisers = 1.0 * static_cast<double>(comparison->sources.size()) * comparison->seeds;
  TaskLoad& load = *job->load;
  load.looked_at_images *= recognisers;
  load.batch_size = comparison->batch_size;
  load.learnt_images = recognisers * comparison->steps * comparison->batch_size;
  if (!comparison->needs_synthetic()) return absl::OkStatus();
  const double synthetic = model::PairGrid::Count(schema, comparison->mix_feature);
  load.batch_size = std::max(load.batch_size, judge.batch_size);
  load.learnt_images += 1.0 * judge.steps * judge.batch_size;
  load.looked_at_images += synthetic;
  load.rendered_images = synthetic;
  load.synthetic_bytes = static_cast<int64_t>(synthetic * dataset.height() * dataset.width() * 3);
  return absl::OkStatus();
}

absl::Status CheckFits(const JobPlanOptions& options, const JobPlan& job) {
  const int64_t needed = TaskMemory(job.nets, *job.load);
  if (options.memory_bytes == 0 || needed <= options.memory_bytes) return absl::OkStatus();
  return WithReason(absl::ResourceExhaustedError(absl::StrFormat(
                        "the task needs about %.1f GiB, %.1f of them for synthetic images, and the machine has %.1f",
                        needed / kGiB, job.load->synthetic_bytes / kGiB, options.memory_bytes / kGiB)),
                    "JOB_TOO_LARGE");
}

}  // namespace

TaskLoad JudgeLoad(const model::JudgePlan& judge, const internal::TrainerSpec& trainer, const v1::Dataset& dataset) {
  TaskLoad load;
  load.batch_size = judge.batch_size;
  load.learnt_images = 1.0 * judge.steps * judge.batch_size * (judge.train_on_synthetic ? 2 : 1);
  load.rendered_images = EvaluatedImages(trainer, dataset);
  load.looked_at_images = 2 * load.rendered_images;
  if (judge.train_on_synthetic) {
    load.rendered_images += static_cast<double>(dataset.image_count());
    load.synthetic_bytes = PixelBytes(dataset);
  }
  return load;
}

int64_t PixelBytes(const v1::Dataset& dataset) {
  return dataset.image_count() * dataset.height() * dataset.width() * 3;
}

absl::Status CheckTaskFields(const v1::TrainingSpec& spec) {
  if (spec.task_case() == v1::TrainingSpec::TASK_NOT_SET) return absl::OkStatus();
  if (spec.has_overrides()) return NotWithTask("spec.overrides");
  if (spec.has_checkpoints()) return NotWithTask("spec.checkpoints");
  if (spec.has_start()) return NotWithTask("spec.start");
  return absl::OkStatus();
}

absl::StatusOr<std::optional<FoundModel>> FindTaskModel(const ModelFinder& find_model, const v1::TrainingSpec& spec,
                                                        const v1::Dataset& dataset) {
  if (spec.task_case() == v1::TrainingSpec::TASK_NOT_SET) return std::nullopt;
  const bool evaluation = spec.has_evaluation();
  const std::string& name = evaluation ? spec.evaluation().model() : spec.augmentation().model();
  const char* field = evaluation ? "spec.evaluation.model" : "spec.augmentation.model";
  if (name.empty() && !NeedsModel(spec)) return std::nullopt;
  if (name.empty()) return InvalidField(field, "REQUIRED", "name a model");
  if (!find_model) return absl::UnimplementedError("tasks are not set up here");
  RETURN_IF_ERROR(ParseModelName(name, field).status());
  ASSIGN_OR_RETURN(FoundModel found, find_model(name));
  RETURN_IF_ERROR(CheckSameSchema(found.version, dataset));
  return found;
}

absl::Status PlanTask(const JobPlanOptions& options, const v1::TrainingSpec& spec, const v1::Dataset& dataset,
                      const std::optional<FoundModel>& model, JobPlan* job) {
  if (spec.has_evaluation()) {
    *job->trainer.mutable_evaluation() = spec.evaluation();
    RETURN_IF_ERROR(PlanEvaluation(dataset, *model, job));
  } else {
    *job->trainer.mutable_augmentation() = spec.augmentation();
    RETURN_IF_ERROR(PlanAugmentation(options, spec.augmentation(), dataset, model, job));
  }
  RETURN_IF_ERROR(CheckFits(options, *job));
  if (!model.has_value()) return absl::OkStatus();
  job->model_version = model->version.name();
  job->start = StartFrom(*model);
  *job->trainer.mutable_start() = job->start->spec;
  return absl::OkStatus();
}

}  // namespace facet::server
