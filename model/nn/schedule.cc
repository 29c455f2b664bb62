// SPDX-License-Identifier: Apache-2.0
#include "model/nn/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace facet::model {
namespace {

double Cosine(double base, double floor, int step, int first, int last) {
  if (last <= first) return base;  // the warm-up is all there is
  const double t = std::clamp(static_cast<double>(step - first) / (last - first), 0.0, 1.0);
  return floor + (base - floor) * (1.0 + std::cos(std::numbers::pi * t)) / 2.0;
}

double Unwarmed(const SchedulePlan& schedule, double base, int step, int steps) {
  const double floor = std::min(schedule.floor, base);
  const int drops = step / std::max(schedule.interval, 1);
  switch (schedule.kind) {
    case ScheduleKind::kPaper:
      return std::ldexp(base, -drops);
    case ScheduleKind::kStep:
      return std::max(floor, base * std::pow(schedule.factor, drops));
    case ScheduleKind::kCosine:
      return Cosine(base, floor, std::max(step, schedule.warmup_steps), schedule.warmup_steps, steps - 1);
  }
  return base;
}

}  // namespace

double LearningRate(const SchedulePlan& schedule, double base, int step, int steps) {
  const double rate = Unwarmed(schedule, base, step, steps);
  if (step >= schedule.warmup_steps) return rate;
  return rate * (step + 1) / (schedule.warmup_steps + 1);
}

}  // namespace facet::model
