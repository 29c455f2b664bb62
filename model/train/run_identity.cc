// SPDX-License-Identifier: Apache-2.0
#include "model/train/run_identity.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/sha256.h"

namespace facet::model {
namespace {

constexpr int kDifferencesNamed = 3;

// Equal text, equal double.
std::string Exact(double value) { return absl::StrFormat("%.17g", value); }

// Collects entries below a path.
class Describer {
 public:
  Describer(std::string prefix, RunIdentity* identity) : prefix_(std::move(prefix)), identity_(identity) {}

  void Text(absl::string_view name, std::string value) { (*identity_)[absl::StrCat(prefix_, name)] = std::move(value); }
  void Integer(absl::string_view name, int64_t value) { Text(name, absl::StrCat(value)); }
  void Unsigned(absl::string_view name, uint64_t value) { Text(name, absl::StrCat(value)); }
  void Real(absl::string_view name, double value) { Text(name, Exact(value)); }
  void Integers(absl::string_view name, const std::vector<int>& values) { Text(name, absl::StrJoin(values, ",")); }
  void Reals(absl::string_view name, const std::vector<double>& values) {
    Text(name, absl::StrJoin(values, ",", [](std::string* out, double v) { out->append(Exact(v)); }));
  }
  Describer Item(absl::string_view name, size_t index) const {
    return Describer(absl::StrCat(prefix_, name, "[", index, "]."), identity_);
  }

 private:
  std::string prefix_;
  RunIdentity* identity_;
};

void DescribeGenerator(const GeneratorShape& shape, RunIdentity* identity) {
  Describer generator("generator.", identity);
  generator.Integers("classes", shape.classes);
  generator.Integers("feature_widths", shape.feature_widths);
  generator.Integers("joint_widths", shape.joint_widths);
  generator.Integer("base_size", shape.base_size);
  generator.Integer("base_channels", shape.base_channels);
  generator.Real("leaky_slope", shape.leaky_slope);
  if (shape.sub_pixel_start) generator.Integer("sub_pixel_start", 1);
  for (size_t i = 0; i < shape.layers.size(); ++i) {
    Describer layer = generator.Item("layers", i);
    layer.Integer("out_channels", shape.layers[i].out_channels);
    layer.Integer("kernel", shape.layers[i].kernel);
    layer.Integer("padding", shape.layers[i].padding);
  }
}

void DescribeClassifier(const ClassifierShape& shape, RunIdentity* identity) {
  Describer classifier("classifier.", identity);
  classifier.Integers("classes", shape.classes);
  classifier.Integers("headless", shape.headless);
  classifier.Integers("head_widths", shape.head_widths);
  classifier.Integer("image_size", shape.image_size);
  classifier.Real("leaky_slope", shape.leaky_slope);
  classifier.Real("dropout", shape.dropout);
  classifier.Integer("feature_loss_block", shape.feature_loss_block);
  for (size_t i = 0; i < shape.blocks.size(); ++i) {
    const ConvBlockShape& block = shape.blocks[i];
    Describer item = classifier.Item("blocks", i);
    item.Integer("out_channels", block.out_channels);
    item.Integer("kernel", block.kernel);
    item.Integer("stride", block.stride);
    item.Integer("padding", block.padding);
    item.Integer("pool_kernel", block.pool_kernel);
    item.Integer("pool_stride", block.pool_stride);
    item.Integer("local_response_norm", block.local_response_norm);
  }
}

// What was added later is described where it is in use alone, so that
// checkpoints of before still fit.
void DescribeSwitches(const TrainingPlan& plan, Describer& training) {
  const TrainingPlan off;
  if (plan.pixel_distance != off.pixel_distance) {
    training.Integer("pixel_distance", static_cast<int>(plan.pixel_distance));
  }
  if (plan.precision != off.precision) training.Integer("precision", static_cast<int>(plan.precision));
  if (plan.average_decay != off.average_decay) training.Real("average_decay", plan.average_decay);
  if (plan.analogy_share != off.analogy_share) {
    training.Real("analogy_share", plan.analogy_share);
    training.Integer("analogy_feature", plan.analogy_feature);
    training.Integer("analogy_neighbours", plan.analogy_neighbours);
  }
  if (plan.mix_share == 0) return;
  if (plan.mix_parents != off.mix_parents) training.Integer("mix_parents", plan.mix_parents);
  if (plan.mix_ratio_min != off.mix_ratio_min) training.Real("mix_ratio_min", plan.mix_ratio_min);
  if (plan.mix_ratio_max != off.mix_ratio_max) training.Real("mix_ratio_max", plan.mix_ratio_max);
}

void DescribeTraining(const TrainingPlan& plan, RunIdentity* identity) {
  Describer training("training.", identity);
  training.Integer("steps", plan.steps);
  training.Integer("batch_size", plan.batch_size);
  training.Unsigned("seed", plan.seed);
  training.Integer("update_rule", static_cast<int>(plan.update_rule));
  training.Real("pixel_weight", plan.pixel_weight);
  training.Reals("class_weights", plan.class_weights);
  training.Real("feature_loss_weight", plan.feature_loss_weight);
  training.Real("learning_rate", plan.learning_rate);
  training.Real("classifier_learning_rate", plan.classifier_learning_rate);
  training.Real("beta1", plan.beta1);
  training.Real("beta2", plan.beta2);
  training.Real("epsilon", plan.epsilon);
  training.Integer("classifier_warmup_steps", plan.classifier_warmup_steps);
  training.Integer("classifier_interval", plan.classifier_interval);
  training.Real("mix_share", plan.mix_share);
  training.Integer("mix_feature", plan.mix_feature);
  DescribeSwitches(plan, training);
  Describer schedule("training.schedule.", identity);
  schedule.Integer("kind", static_cast<int>(plan.schedule.kind));
  schedule.Integer("interval", plan.schedule.interval);
  schedule.Real("factor", plan.schedule.factor);
  schedule.Real("floor", plan.schedule.floor);
  schedule.Integer("warmup_steps", plan.schedule.warmup_steps);
}

const std::string& ValueOr(const RunIdentity& identity, const std::string& key, const std::string& otherwise) {
  const auto found = identity.find(key);
  return found == identity.end() ? otherwise : found->second;
}

}  // namespace

RunIdentity DescribeRun(const NetPlan& plan, const DatasetInfo& dataset, const Split& split) {
  RunIdentity identity;
  DescribeGenerator(plan.generator, &identity);
  DescribeClassifier(plan.classifier, &identity);
  DescribeTraining(plan.training, &identity);
  identity["dataset.fingerprint"] = dataset.fingerprint;
  identity["dataset.training_images"] =
      absl::StrCat(split.train.size(), " with hash ", Sha256Hex(absl::StrJoin(split.train, ",")));
  return identity;
}

RunIdentity DescribeNets(const NetPlan& plan) {
  RunIdentity identity;
  DescribeGenerator(plan.generator, &identity);
  DescribeClassifier(plan.classifier, &identity);
  return NetsOf(identity);
}

RunIdentity NetsOf(const RunIdentity& run) {
  RunIdentity nets;
  for (const auto& [path, value] : run) {
    const bool of_nets = absl::StartsWith(path, "generator.") || absl::StartsWith(path, "classifier.");
    const bool no_shape = absl::EndsWith(path, ".leaky_slope") || absl::EndsWith(path, ".dropout") ||
                          absl::EndsWith(path, ".feature_loss_block") || absl::EndsWith(path, ".sub_pixel_start");
    if (of_nets && !no_shape) nets.emplace(path, value);
  }
  return nets;
}

std::string HashRun(const RunIdentity& identity) {
  return Sha256Hex(absl::StrJoin(identity, "\n", absl::PairFormatter("=")));
}

std::string DescribeDifference(const RunIdentity& saved, const RunIdentity& current) {
  RunIdentity keys = saved;
  keys.insert(current.begin(), current.end());
  const std::string absent = "(none)";
  std::vector<std::string> named;
  int differing = 0;
  for (const auto& [key, unused] : keys) {
    const std::string& before = ValueOr(saved, key, absent);
    const std::string& now = ValueOr(current, key, absent);
    if (before == now) continue;
    if (++differing <= kDifferencesNamed) named.push_back(absl::StrCat(key, " was ", before, ", is ", now));
  }
  std::string text = absl::StrJoin(named, "; ");
  if (differing > kDifferencesNamed) absl::StrAppend(&text, "; and ", differing - kDifferencesNamed, " more");
  return text;
}

}  // namespace facet::model
