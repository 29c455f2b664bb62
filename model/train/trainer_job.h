// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_TRAINER_JOB_H_
#define FACET_MODEL_TRAIN_TRAINER_JOB_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "model/train/event_sink.h"

namespace facet::model {

// Names in the folder of a job.
inline constexpr char kSpecFile[] = "spec.binpb";
inline constexpr char kSpecTextFile[] = "spec.textproto";
inline constexpr char kLockFile[] = "trainer.lock";
inline constexpr char kCheckpointFolder[] = "checkpoints";
inline constexpr char kBundleFolder[] = "bundle";
inline constexpr char kReportFile[] = "report.json";
inline constexpr char kSampleFolder[] = "samples";
inline constexpr char kStartFolder[] = "start";
inline constexpr char kResultFile[] = "result.binpb";
inline constexpr char kRecogniserFolder[] = "recognisers";

struct TrainerJobOptions {
  // Folder with kSpecFile, or kSpecTextFile where it is written by hand: an
  // internal::TrainerSpec.
  std::string job_dir;
  std::string device = "auto";
  FileSystem* file_system = FileSystem::Posix();
  Clock* clock = Clock::Real();           // stamps the card
  Clock* steady_clock = Clock::Steady();  // measures
  // As TrainerOptions: for a job whose trainer was cut off before.
  bool save_soon = false;
  // How long to wait for room on a full disk once training is done.
  absl::Duration disk_patience = absl::InfiniteDuration();
  EventSink* sink = nullptr;  // outlives the call
};

enum class JobOutcome { kFinished, kStopped };

// Does a training job from wherever it stands: loads, trains, judges, and
// leaves kBundleFolder and kReportFile. Where a whole bundle is there already,
// tells so and does nothing. A job with a task does that (evaluation_job.h,
// augmentation_job.h) and leaves kReportFile and kResultFile. Tells the sink all along, its end included
// (Finished, Stopped or Failed). Stops and saves soon after `stop` is set, by
// somebody else or here, when the sink is gone.
//
// FAILED_PRECONDITION (reason JOB_LOCKED): another trainer works on the job;
// the sink is not told. Otherwise what Dataset::Open, ResolvePreset,
// SplitDataset, Trainer, Evaluate and WriteBundle say.
absl::StatusOr<JobOutcome> RunTrainerJob(const TrainerJobOptions& options, std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_TRAINER_JOB_H_
