// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_TRAINER_H_
#define FACET_MODEL_TRAIN_TRAINER_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "model/data/dataset.h"
#include "model/data/split.h"
#include "model/preset/net_shape.h"
#include "model/train/checkpoint_writer.h"
#include "model/train/loss_curve.h"

namespace facet::model {

// Means over the steps since the report before.
struct StepReport {
  int step = 0;  // steps done
  // As v1.TrainingProgress names them; what no step computed is absent.
  std::map<std::string, double> losses;
  double learning_rate = 0;  // the generator's, of the last step
  double images_per_second = 0;
  // Completed since the report before.
  std::vector<CurvePoint> points;
};

// What training begins from, where the run has no checkpoint of its own.
struct TrainingStart {
  std::string folder;  // a sealed folder; empty: random weights
  // A checkpoint, to go on from with its optimisers, step and curve; else a
  // bundle, whose weights alone are taken.
  bool is_checkpoint = false;
};

struct TrainerOptions {
  NetPlan plan;
  const Dataset* dataset = nullptr;  // outlives the trainer
  Split split;
  // Checkpoints go to `<checkpoint_dir>/<step>/`, sealed folders.
  std::string checkpoint_dir;
  // Newest checkpoints kept beside the best; at least 1.
  int checkpoints_kept = 2;
  // Sheets of samples go to `<sample_dir>/<step>.png`; empty: nowhere.
  std::string sample_dir;
  TrainingStart start;
  FileSystem* file_system = nullptr;
  std::string device = "auto";
  // Called on the training thread about twice a second and after the last
  // step.
  std::function<void(const StepReport&)> on_progress;
  // Called on the training thread after each try to save; training goes on in
  // either case.
  std::function<void(const SaveReport&)> on_saved;
  // Beside the interval, save after a second of training, then after two, four
  // and so on up to a minute: for a run that was cut off and may be again.
  bool save_soon = false;
  // How long Run waits at the end, trying again, for room on a full disk.
  absl::Duration disk_patience = absl::InfiniteDuration();
  // Called in Create with a line on each damaged checkpoint that is passed
  // over.
  std::function<void(const std::string&)> on_warning;
  Clock* clock = Clock::Steady();
};

// Trains both nets. The whole run is a pure function of plan, data set and
// split (one machine, one thread count): the same weights bit for bit, also
// when it was stopped and resumed from a checkpoint. Sets LibTorch's thread
// count for the whole process. Not thread-safe.
//
// A checkpoint is written every plan.training.checkpoint_interval steps, on
// stopping and after the last step, by a thread of its own; the newest
// `checkpoints_kept` and the best are kept. One that cannot be written (a full
// disk) is tried again after a tenth of the interval; the last one is tried
// again until there is room or `*stop` is set.
class Trainer {
 public:
  // Builds the nets and goes on from the newest checkpoint that is whole, if
  // there is one. INVALID_ARGUMENT: no training images, or a data set that
  // does not fit the plan. FAILED_PRECONDITION: the checkpoints are of another
  // plan (reason OTHER_PLAN; the message says what differs), or no such device.
  // DATA_LOSS: what it starts from is damaged or has other shapes.
  // RESOURCE_EXHAUSTED (reason OUT_OF_MEMORY): the nets do not fit.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(TrainerOptions options);
  virtual ~Trainer() = default;

  // Runs to the last step, or to the next one after `*stop` is set, then
  // saves. Returns whether it finished. DATA_LOSS (reason LOSS_NOT_FINITE): a
  // loss, or what was to be saved of the nets, became NaN or infinite; the
  // message names the step, and nothing is saved. RESOURCE_EXHAUSTED, INTERNAL (DEVICE_FAULT): as torch_wall.h.
  virtual absl::StatusOr<bool> Run(const std::atomic<bool>& stop) = 0;

  // Steps done.
  virtual int step() const = 0;
  // Points of the loss curve not yet reported; after Create, all of the run's
  // so far.
  virtual std::vector<CurvePoint> TakePoints() = 0;
  // Time spent in Run, that before a resume included.
  virtual double train_seconds() const = 0;
  // Both nets as a safetensors file: `generator.*`, `classifier.*`.
  virtual absl::StatusOr<std::string> Weights() const = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_TRAINER_H_
