// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_TRAINER_H_
#define FACET_MODEL_TRAIN_TRAINER_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "model/data/dataset.h"
#include "model/data/split.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Means over the steps since the report before.
struct StepReport {
  int step = 0;  // steps done
  // As v1.TrainingProgress names them; what no step computed is absent.
  std::map<std::string, double> losses;
  double learning_rate = 0;  // the generator's, of the last step
  double images_per_second = 0;
};

struct TrainerOptions {
  NetPlan plan;
  const Dataset* dataset = nullptr;  // outlives the trainer
  Split split;
  // Checkpoints go to `<checkpoint_dir>/<step>/`, sealed folders.
  std::string checkpoint_dir;
  FileSystem* file_system = nullptr;
  std::string device = "auto";
  // Called on the training thread about twice a second and after the last
  // step.
  std::function<void(const StepReport&)> on_progress;
  // Called after each try to save; training goes on in either case.
  std::function<void(int step, const absl::Status&)> on_saved;
  // Called in Create with a line on each damaged checkpoint that is passed
  // over.
  std::function<void(const std::string&)> on_warning;
  Clock* clock = Clock::Real();
};

// Trains both nets. The whole run is a pure function of plan, data set and
// split (one machine, one thread count): the same weights bit for bit, also
// when it was stopped and resumed from a checkpoint. Sets LibTorch's thread
// count for the whole process. Not thread-safe.
//
// A checkpoint is written every plan.training.checkpoint_interval steps, on
// stopping and after the last step; the newest two are kept. One that cannot
// be written (a full disk) is tried again at the next interval.
class Trainer {
 public:
  // Builds the nets and goes on from the newest checkpoint that is whole, if
  // there is one. INVALID_ARGUMENT: no training images, or a data set that
  // does not fit the plan. FAILED_PRECONDITION: the checkpoints are of another
  // plan (reason OTHER_PLAN; the message says what differs), or no such device.
  // RESOURCE_EXHAUSTED (reason OUT_OF_MEMORY): the nets do not fit.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(TrainerOptions options);
  virtual ~Trainer() = default;

  // Runs to the last step, or to the next one after `*stop` is set, then
  // saves. Returns whether it finished. DATA_LOSS (reason LOSS_NOT_FINITE): a
  // loss became NaN or infinite; the message names the step, and nothing is
  // saved. RESOURCE_EXHAUSTED, INTERNAL (DEVICE_FAULT): as torch_wall.h.
  virtual absl::StatusOr<bool> Run(const std::atomic<bool>& stop) = 0;

  // Steps done.
  virtual int step() const = 0;
  // Time spent in Run, that before a resume included.
  virtual double train_seconds() const = 0;
  // Both nets as a safetensors file: `generator.*`, `classifier.*`.
  virtual absl::StatusOr<std::string> Weights() const = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_TRAINER_H_
