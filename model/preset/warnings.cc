// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "model/preset/preset.h"

namespace facet::model {
namespace {

// Adam moves a weight by about the learning rate. Below this a weight of 0.01
// or more stays where it is in float32.
constexpr double kNegligibleRate = 1e-9;

void WarnOfSchedule(const TrainingPlan& plan, std::vector<std::string>& warnings) {
  if (plan.schedule.kind != ScheduleKind::kPaper) return;
  const int interval = plan.schedule.interval;
  const int drops = (plan.steps - 1) / interval;
  const double last = std::ldexp(plan.learning_rate, -drops);
  if (last >= kNegligibleRate) return;
  int64_t idle = 0;
  for (double rate = plan.learning_rate; rate >= kNegligibleRate; rate /= 2) idle += interval;
  const double worth = interval * 2.0 * (1.0 - std::ldexp(1.0, -drops - 1));
  warnings.push_back(
      absl::StrFormat("schedule PAPER halves the learning rate every %d steps and ends at %.2g: all %d steps "
                      "are worth %.0f at "
                      "the base rate, and nothing changes in float32 after step %d; STEP with a floor or "
                      "COSINE use all of them",
                      interval, last, plan.steps, worth, idle));
}

void WarnOfCheckerboard(const GeneratorShape& shape, std::vector<std::string>& warnings) {
  std::vector<std::string> odd;
  for (size_t i = 0; i < shape.layers.size(); ++i) {
    if (shape.layers[i].kernel % 2 == 1) odd.push_back(absl::StrCat("layers[", i, "]"));
  }
  if (odd.empty()) return;
  warnings.push_back(absl::StrCat("stride 2 does not divide the kernel of generator.", absl::StrJoin(odd, ", "),
                                  ": a fine checkerboard may show; even kernels have none"));
}

void WarnOfRule(const TrainingPlan& plan, std::vector<std::string>& warnings) {
  const double most = *std::max_element(plan.class_weights.begin(), plan.class_weights.end());
  if (plan.update_rule == UpdateRule::kJoint) {
    warnings.push_back(
        "update rule JOINT never shows the classifier a real image: the two nets agree on a code of their "
        "own, "
        "and held-out images come out worse than without a classifier; REAL is the default");
  }
  if (plan.update_rule == UpdateRule::kPixels) return;
  if (most >= 100 * plan.pixel_weight) {
    warnings.push_back(absl::StrFormat(
        "class weights of %g to a pixel weight of %g: 100 to 1 was found not to converge, 10 to 1 works", most,
        plan.pixel_weight));
  }
  if (most == 0 && plan.feature_loss_weight == 0) {
    warnings.push_back("all class weights and the feature loss are 0: the classifier changes nothing");
  }
}

void WarnOfJudge(const NetPlan& plan, std::vector<std::string>& warnings) {
  if (plan.judge.steps == 0 || plan.classifier.headless.size() < plan.classifier.classes.size()) return;
  warnings.push_back("no feature has a head in the classifier: the judge has nothing to judge");
}

// Numbers that one image takes on its way through a generator, forward.

}  // namespace

std::vector<std::string> PresetWarnings(const NetPlan& plan) {
  std::vector<std::string> warnings;
  WarnOfSchedule(plan.training, warnings);
  WarnOfCheckerboard(plan.generator, warnings);
  WarnOfRule(plan.training, warnings);
  WarnOfJudge(plan, warnings);
  return warnings;
}

}  // namespace facet::model
