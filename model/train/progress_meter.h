// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_PROGRESS_METER_H_
#define FACET_MODEL_TRAIN_PROGRESS_METER_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "model/train/trainer.h"

namespace facet::model {

// Sums up steps between two reports. Not thread-safe.
class ProgressMeter {
 public:
  // A report is due every `interval`. `clock` outlives the meter.
  ProgressMeter(Clock* clock, int batch_size, absl::Duration interval = absl::Milliseconds(500));

  // Leaves out the time until now, in which no step was made; losses of steps
  // not yet reported are kept.
  void Begin();
  // Takes what a step lost, by part.
  void Add(const std::map<std::string, double>& losses);
  bool IsDue() const { return clock_->Now() - reported_ >= interval_; }
  // Means since the last report; speed since Begin, where that is later.
  StepReport Report(int step, double learning_rate);

 private:
  struct Sum {
    double total = 0;
    int count = 0;
  };

  Clock* clock_;
  int batch_size_;
  absl::Duration interval_;
  absl::Time reported_;
  absl::Time begin_;
  int steps_ = 0;  // since begin_
  std::map<std::string, Sum> sums_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_PROGRESS_METER_H_
