// SPDX-License-Identifier: Apache-2.0
#include "model/train/progress_meter.h"

namespace facet::model {

ProgressMeter::ProgressMeter(Clock* clock, int batch_size, absl::Duration interval)
    : clock_(clock), batch_size_(batch_size), interval_(interval), reported_(clock->Now()), begin_(reported_) {}

void ProgressMeter::Begin() {
  begin_ = clock_->Now();
  steps_ = 0;
}

void ProgressMeter::Add(const std::map<std::string, double>& losses) {
  ++steps_;
  for (const auto& [part, loss] : losses) {
    sums_[part].total += loss;
    ++sums_[part].count;
  }
}

StepReport ProgressMeter::Report(int step, double learning_rate) {
  StepReport report;
  report.step = step;
  report.learning_rate = learning_rate;
  for (const auto& [part, sum] : sums_) report.losses[part] = sum.total / sum.count;
  const double seconds = absl::ToDoubleSeconds(clock_->Now() - begin_);
  if (seconds > 0) report.images_per_second = steps_ * batch_size_ / seconds;
  sums_.clear();
  Begin();
  reported_ = begin_;
  return report;
}

}  // namespace facet::model
