// SPDX-License-Identifier: Apache-2.0
#include "model/train/trainer_job.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/bundle.h"
#include "model/evaluate/evaluate.h"
#include "model/evaluate/report_proto.h"
#include "model/features/schema_proto.h"
#include "model/preset/preset.h"
#include "model/train/augmentation_job.h"
#include "model/train/evaluation_job.h"
#include "model/train/job_files.h"
#include "model/train/job_lock.h"
#include "model/train/job_progress.h"
#include "model/train/job_setup.h"
#include "model/train/patient_save.h"
#include "model/train/sample_sheet.h"
#include "model/train/sheet_folder.h"
#include "model/train/trainer.h"

namespace facet::model {
namespace {

class TrainerJob {
 public:
  TrainerJob(const TrainerJobOptions& options, std::atomic<bool>& stop)
      : options_(options), stop_(stop), progress_(options.steady_clock, options.sink) {}

  absl::StatusOr<JobOutcome> Run();
  // Steps done.
  int step() const { return trainer_ == nullptr ? 0 : trainer_->step(); }

 private:
  absl::Status Load();
  absl::StatusOr<bool> Train();
  absl::StatusOr<v1::EvaluationReport> Judge(const std::string& weights);
  // What the checkpoints' sheets show; `sheet` and this outlive it.
  SampleSeries SamplesOf(const SampleSheet& sheet);
  absl::Status Save(const std::string& weights, const std::optional<v1::EvaluationReport>& report);
  v1::ModelCard MakeCard() const;
  std::string Path(const char* name) const { return absl::StrCat(options_.job_dir, "/", name); }
  void StopIfAlone() {
    if (options_.sink->gone()) stop_ = true;
  }

  TrainerJobOptions options_;
  std::atomic<bool>& stop_;
  JobProgress progress_;
  internal::TrainerSpec spec_;
  JobSetup setup_;
  std::unique_ptr<Trainer> trainer_;
  int saved_step_ = 0;
};

absl::StatusOr<JobOutcome> TrainerJob::Run() {
  ASSIGN_OR_RETURN(const auto card, ReadFinishedBundle(*options_.file_system, Path(kBundleFolder)));
  if (card.has_value()) {
    progress_.Finished(card->report());
    return JobOutcome::kFinished;
  }
  RETURN_IF_ERROR(Load());
  ASSIGN_OR_RETURN(const bool trained, Train());
  if (!trained) return JobOutcome::kStopped;
  ASSIGN_OR_RETURN(const std::string weights, trainer_->Weights());
  std::optional<v1::EvaluationReport> report;
  if (setup_.plan.judge.steps > 0) {
    auto judged = Judge(weights);
    if (absl::IsCancelled(judged.status())) return JobOutcome::kStopped;
    RETURN_IF_ERROR(judged.status());
    report = *std::move(judged);
  }
  RETURN_IF_ERROR(SavePatiently(options_, progress_, stop_, "the bundle", [&] { return Save(weights, report); }));
  progress_.Finished(report.value_or(v1::EvaluationReport()));
  return JobOutcome::kFinished;
}

absl::Status TrainerJob::Load() {
  progress_.Phase("loading");
  ASSIGN_OR_RETURN(spec_, ReadTrainerSpec(*options_.file_system, options_.job_dir));
  ASSIGN_OR_RETURN(setup_, OpenJob(options_, spec_, progress_));
  for (const std::string& warning : PresetWarnings(setup_.plan)) progress_.Warn(warning);
  RETURN_IF_ERROR(SplitJob(spec_, &setup_));
  progress_.SetPlan(setup_.plan.training.steps);

  TrainerOptions options;
  options.plan = setup_.plan;
  options.dataset = setup_.dataset.get();
  options.split = setup_.split;
  options.checkpoint_dir = Path(kCheckpointFolder);
  if (spec_.checkpoints().keep() > 0) options.checkpoints_kept = spec_.checkpoints().keep();
  options.sample_dir = Path(kSampleFolder);
  if (spec_.has_start()) options.start = {Path(kStartFolder), spec_.start().is_checkpoint()};
  options.file_system = options_.file_system;
  options.device = options_.device;
  options.clock = options_.steady_clock;
  options.disk_patience = options_.disk_patience;
  options.save_soon = options_.save_soon;
  options.on_progress = [this](const StepReport& report) {
    progress_.Step(report);
    StopIfAlone();
  };
  options.on_saved = [this](const SaveReport& report) {
    if (report.status.ok()) saved_step_ = report.step;
    progress_.Saved(report);
    StopIfAlone();
  };
  options.on_warning = [this](const std::string& warning) { progress_.Warn(warning); };
  ASSIGN_OR_RETURN(trainer_, Trainer::Create(std::move(options)));
  saved_step_ = trainer_->step();
  return absl::OkStatus();
}

absl::StatusOr<bool> TrainerJob::Train() {
  progress_.Phase("training", trainer_->step(), trainer_->TakePoints());
  ASSIGN_OR_RETURN(const bool finished, trainer_->Run(stop_));
  if (!finished) progress_.Stopped(saved_step_);
  return finished;
}

SampleSeries TrainerJob::SamplesOf(const SampleSheet& sheet) {
  const SheetFolder sheets(options_.file_system, Path(kSampleFolder));
  SampleSeries samples;
  samples.held_out = sheet.held_out();
  samples.images = sheet.images();
  samples.steps = sheets.Steps().value_or(std::vector<int>());
  samples.read = [this, &sheet, sheets](int step) -> absl::StatusOr<std::vector<float>> {
    const auto image = sheets.Read(step);
    auto drawn = image.ok() ? sheet.Read(*image) : image.status();
    if (!drawn.ok())
      progress_.Warn(absl::StrCat("the samples of step ", step, " are not judged: ", drawn.status().message()));
    return drawn;
  };
  return samples;
}

absl::StatusOr<v1::EvaluationReport> TrainerJob::Judge(const std::string& weights) {
  progress_.Phase("judging", setup_.plan.training.steps);
  ASSIGN_OR_RETURN(const auto renderer, MakeJobRenderer(options_, setup_.plan, weights));
  EvaluateOptions options = EvaluateJob(options_, setup_, renderer.get());
  const SampleSheet sheet(setup_.dataset.get(), setup_.split);
  options.samples = SamplesOf(sheet);
  options.on_progress = [this](double done) {
    progress_.Fraction(done);
    StopIfAlone();
  };
  const auto evaluation = Evaluate(options, stop_);
  if (absl::IsCancelled(evaluation.status())) progress_.Stopped(saved_step_);
  RETURN_IF_ERROR(evaluation.status());
  v1::EvaluationReport report = ReportToProto(*evaluation);
  const double images = 1.0 * setup_.plan.training.steps * setup_.plan.training.batch_size;
  report.set_train_seconds(trainer_->train_seconds());
  if (trainer_->train_seconds() > 0) report.set_train_images_per_second(images / trainer_->train_seconds());
  return report;
}

v1::ModelCard TrainerJob::MakeCard() const {
  const DatasetInfo& info = setup_.dataset->info();
  v1::ModelCard card;
  *card.mutable_schema() = SchemaToProto(info.schema);
  card.set_height(info.shape.height);
  card.set_width(info.shape.width);
  card.set_channels(info.shape.channels);
  *card.mutable_preset() = ResolvedPreset(spec_.preset(), setup_.plan, info.schema);
  card.set_training_job(spec_.training_job());
  card.set_dataset(spec_.dataset());
  *card.mutable_lineage() = spec_.start().lineage();
  *card.mutable_hold_out() = spec_.hold_out();
  card.set_dataset_fingerprint(info.fingerprint);
  card.set_generator_parameters(ParameterCount(setup_.plan.generator));
  card.set_classifier_parameters(ParameterCount(setup_.plan.classifier));
  card.mutable_create_time()->set_seconds(absl::ToUnixSeconds(options_.clock->Now()));
  return card;
}

absl::Status TrainerJob::Save(const std::string& weights, const std::optional<v1::EvaluationReport>& report) {
  progress_.Phase("saving", setup_.plan.training.steps);
  v1::ModelCard card = MakeCard();
  if (report.has_value()) {
    *card.mutable_report() = *report;
    RETURN_IF_ERROR(WriteReport(*options_.file_system, Path(kReportFile), *report));
  }
  RETURN_IF_ERROR(ClearBundle(*options_.file_system, options_.job_dir, kBundleFolder));
  return WriteBundle(options_.file_system, Path(kBundleFolder), std::move(card), weights);
}

// `step` gets the steps done.
absl::StatusOr<JobOutcome> Run(const TrainerJobOptions& options, std::atomic<bool>& stop, int* step) {
  // A job that is finished needs none.
  const auto spec = ReadTrainerSpec(*options.file_system, options.job_dir);
  if (spec.ok() && spec->has_evaluation()) return RunEvaluationJob(options, *spec, stop);
  if (spec.ok() && spec->has_augmentation()) return RunAugmentationJob(options, *spec, stop, step);
  TrainerJob job(options, stop);
  auto outcome = job.Run();
  *step = job.step();
  return outcome;
}

}  // namespace

absl::StatusOr<JobOutcome> RunTrainerJob(const TrainerJobOptions& options, std::atomic<bool>& stop) {
  ASSIGN_OR_RETURN(const auto lock, JobLock::Take(absl::StrCat(options.job_dir, "/", kLockFile)));
  int step = 0;
  auto outcome = Run(options, stop, &step);
  if (!outcome.ok()) {
    internal::TrainerEvent event;
    event.mutable_failed()->set_code(static_cast<int>(outcome.status().code()));
    event.mutable_failed()->set_message(std::string(outcome.status().message()));
    event.mutable_failed()->set_reason(GetErrorDetail(outcome.status()).reason);
    event.mutable_failed()->set_step(step);
    options.sink->Send(event);
  }
  return outcome;
}

}  // namespace facet::model
