// SPDX-License-Identifier: Apache-2.0
#include "model/data/hold_out.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "model/features/text.h"

namespace facet::model {
namespace {

constexpr size_t kMaxNameLength = 63;
constexpr int64_t kInTraining = -1;

// Class indices of some features, in the order of those features.
using Combination = std::vector<uint16_t>;
// Images by what they show of the missing features, ascending.
using CellsOfOne = std::map<Combination, std::vector<int64_t>>;
// The same by what they show of the `per` features.
using Cells = std::map<Combination, CellsOfOne>;

// Indices instead of names; features ascend, so that the order in which a rule
// names them does not matter, but for `first`.
struct Rule {
  std::vector<int> per;
  std::vector<int> missing;
  int first = 0;  // where the feature named first in `per` stands in it
  int count = 0;
  uint64_t seed = 0;
};

absl::Status ValidateRuleName(absl::string_view name) {
  const bool valid = !name.empty() && name.size() <= kMaxNameLength && absl::ascii_islower(name[0]) &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-';
                     });
  if (valid) return absl::OkStatus();
  return InvalidField("name", "INVALID_ID",
                      absl::StrCat("rule name '", ShownText(name),
                                   "' must be 1 to 63 lower-case letters, digits, underscores and hyphens, "
                                   "beginning with a letter"));
}

// Indices of the features named in one list; `taken` holds those named before.
absl::StatusOr<std::vector<int>> ResolveFeatures(const FeatureSchema& schema,
                                                 const google::protobuf::RepeatedPtrField<std::string>& names,
                                                 absl::string_view list, std::set<int>& taken) {
  if (names.empty()) {
    return InvalidField(list, "MISSING_FEATURE", absl::StrCat("'", list, "' needs at least one feature"));
  }
  std::vector<int> features;
  for (int i = 0; i < names.size(); ++i) {
    const std::string path = absl::StrCat(list, "[", i, "]");
    auto feature = schema.FindFeature(names[i]);
    if (!feature.ok()) return PrefixField(feature.status(), path);
    if (!taken.insert(*feature).second) {
      return InvalidField(path, "DUPLICATE_FEATURE",
                          absl::StrCat("feature '", names[i], "' is named twice in this rule"));
    }
    features.push_back(*feature);
  }
  return features;
}

absl::Status TooMany(int count, absl::string_view available) {
  return InvalidField("count", "TOO_MANY_COMBINATIONS",
                      absl::StrCat(count, " combinations are asked for, but ", available));
}

absl::StatusOr<Rule> ResolveRule(const FeatureSchema& schema, const v1::HoldOutRule& proto) {
  RETURN_IF_ERROR(ValidateRuleName(proto.name()));
  Rule rule;
  std::set<int> taken;
  ASSIGN_OR_RETURN(rule.per, ResolveFeatures(schema, proto.per(), "per", taken));
  ASSIGN_OR_RETURN(rule.missing, ResolveFeatures(schema, proto.missing(), "missing", taken));
  const int first = rule.per[0];
  std::sort(rule.per.begin(), rule.per.end());
  std::sort(rule.missing.begin(), rule.missing.end());
  rule.first = static_cast<int>(std::find(rule.per.begin(), rule.per.end(), first) - rule.per.begin());
  rule.count = proto.count();
  rule.seed = proto.seed();
  if (rule.count < 1) {
    return InvalidField("count", "BAD_COUNT", absl::StrCat("count must be at least 1, not ", rule.count));
  }
  int64_t possible = 1;
  for (const int feature : rule.per) {
    possible *= static_cast<int64_t>(schema.features()[feature].classes.size());
    if (possible >= rule.count) return rule;
  }
  return TooMany(rule.count, absl::StrCat("the features of 'per' have ", possible));
}

absl::StatusOr<std::vector<Rule>> ResolveRules(const FeatureSchema& schema,
                                               absl::Span<const v1::HoldOutRule> protos) {
  std::vector<Rule> rules;
  absl::flat_hash_set<absl::string_view> names;
  for (size_t i = 0; i < protos.size(); ++i) {
    const std::string path = absl::StrCat("hold_out[", i, "]");
    auto rule = ResolveRule(schema, protos[i]);
    if (!rule.ok()) return PrefixField(rule.status(), path);
    if (!names.insert(protos[i].name()).second) {
      return InvalidField(absl::StrCat(path, ".name"), "DUPLICATE_RULE",
                          absl::StrCat("there are two rules named '", protos[i].name(), "'"));
    }
    rules.push_back(*std::move(rule));
  }
  return rules;
}

Combination ClassesOf(absl::Span<const uint16_t> labels, const std::vector<int>& features) {
  Combination classes;
  classes.reserve(features.size());
  for (const int feature : features) classes.push_back(labels[feature]);
  return classes;
}

// The cells of the data set, without combinations that rules before chose.
Cells GroupCells(const Dataset& dataset, const Rule& rule, const std::set<Combination>& chosen) {
  Cells cells;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    cells[ClassesOf(dataset.labels(i), rule.per)][ClassesOf(dataset.labels(i), rule.missing)].push_back(i);
  }
  for (const Combination& combination : chosen) cells.erase(combination);
  return cells;
}

std::vector<Combination> Shuffled(const std::set<Combination>& items, uint64_t seed,
                                  absl::string_view purpose, uint64_t index) {
  std::vector<Combination> shuffled(items.size());
  if (items.empty()) return shuffled;
  const IndexPermutation place(items.size(), seed, purpose, index);
  uint64_t i = 0;
  for (const Combination& item : items) shuffled[place(i++)] = item;
  return shuffled;
}

// All combinations of `cells` in the order of choice: at random, but dealt
// round by round over the classes of the rule's first feature, so that each of
// those gives equally many. The classes come in another order in each round:
// else they would fall in step with the missing combinations.
std::list<Combination> OrderOfChoice(const Cells& cells, const Rule& rule) {
  std::set<Combination> all;
  for (const auto& [combination, unused] : cells) all.insert(combination);
  std::map<uint16_t, std::vector<Combination>> piles;
  for (Combination& combination : Shuffled(all, rule.seed, "hold_out/combination", 0)) {
    piles[combination[rule.first]].push_back(std::move(combination));
  }
  std::list<Combination> order;
  for (uint64_t round = 0; order.size() < all.size(); ++round) {
    std::set<Combination> left;
    for (const auto& [first, pile] : piles) {
      if (round < pile.size()) left.insert({first});
    }
    for (const Combination& first : Shuffled(left, rule.seed, "hold_out/round", round)) {
      order.push_back(piles[first[0]][round]);
    }
  }
  return order;
}

std::vector<Combination> OrderOfLoss(const Cells& cells, const Rule& rule) {
  std::set<Combination> all;
  for (const auto& [unused, cells_of_one] : cells) {
    for (const auto& [missing, images] : cells_of_one) all.insert(missing);
  }
  return Shuffled(all, rule.seed, "hold_out/missing", 0);
}

// Chooses combinations, adds them to `chosen` and returns the images lost.
absl::StatusOr<std::vector<int64_t>> ApplyRule(const Dataset& dataset, const Rule& rule,
                                               std::set<Combination>& chosen) {
  const Cells cells = GroupCells(dataset, rule, chosen);
  const std::vector<Combination> losses = OrderOfLoss(cells, rule);
  std::list<Combination> candidates = OrderOfChoice(cells, rule);
  std::vector<int64_t> images;
  for (int done = 0; done < rule.count; ++done) {
    if (candidates.empty()) {
      return TooMany(rule.count, absl::StrCat("the data set has ", done, " that no rule before has chosen"));
    }
    // In a data set with gaps, not every combination has what is to be lost.
    const Combination& loss = losses[done % losses.size()];
    const auto next = std::find_if(candidates.begin(), candidates.end(), [&](const Combination& candidate) {
      return cells.at(candidate).contains(loss);
    });
    if (next == candidates.end()) {
      return TooMany(rule.count, absl::StrCat("after ", done,
                                              ", the data set has none left that could lose "
                                              "the next combination of 'missing' in turn"));
    }
    const std::vector<int64_t>& lost = cells.at(*next).at(loss);
    images.insert(images.end(), lost.begin(), lost.end());
    chosen.insert(std::move(*next));
    candidates.erase(next);
  }
  return images;
}

// INVALID_ARGUMENT for a class that rules took from training altogether.
// `owner` has the rule of each image, or kInTraining.
absl::Status CheckClassesRemain(const Dataset& dataset, const std::vector<int64_t>& owner) {
  const FeatureSchema& schema = dataset.info().schema;
  std::vector<bool> trained(schema.total_classes());
  std::vector<int64_t> taker(schema.total_classes(), kInTraining);
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const absl::Span<const uint16_t> labels = dataset.labels(i);
    for (int f = 0; f < schema.size(); ++f) {
      const int position = schema.offset(f) + labels[f];
      if (owner[i] == kInTraining) trained[position] = true;
      taker[position] = std::max(taker[position], owner[i]);
    }
  }
  for (int f = 0; f < schema.size(); ++f) {
    const Feature& feature = schema.features()[f];
    for (size_t c = 0; c < feature.classes.size(); ++c) {
      const int position = schema.offset(f) + static_cast<int>(c);
      if (trained[position] || taker[position] == kInTraining) continue;
      return InvalidField(absl::StrCat("hold_out[", taker[position], "]"), "CLASS_NEVER_TRAINED",
                          absl::StrCat("training would never see class '", feature.classes[c],
                                       "' of feature '", feature.name, "': hold out less of it"));
    }
  }
  return absl::OkStatus();
}

Split MakeSplit(absl::Span<const v1::HoldOutRule> rules, const std::vector<int64_t>& owner) {
  Split split;
  for (const v1::HoldOutRule& rule : rules) split.held_out.push_back({rule.name(), {}});
  for (size_t i = 0; i < owner.size(); ++i) {
    (owner[i] == kInTraining ? split.train : split.held_out[owner[i]].images)
        .push_back(static_cast<int64_t>(i));
  }
  return split;
}

}  // namespace

absl::StatusOr<Split> SplitDataset(const Dataset& dataset, absl::Span<const v1::HoldOutRule> protos) {
  ASSIGN_OR_RETURN(const std::vector<Rule> rules, ResolveRules(dataset.info().schema, protos));
  std::vector<int64_t> owner(dataset.size(), kInTraining);
  std::map<std::vector<int>, std::set<Combination>> chosen;  // by the `per` features
  for (size_t r = 0; r < rules.size(); ++r) {
    auto images = ApplyRule(dataset, rules[r], chosen[rules[r].per]);
    if (!images.ok()) return PrefixField(images.status(), absl::StrCat("hold_out[", r, "]"));
    for (const int64_t image : *images) {
      if (owner[image] == kInTraining) owner[image] = static_cast<int64_t>(r);
    }
  }
  RETURN_IF_ERROR(CheckClassesRemain(dataset, owner));
  return MakeSplit(protos, owner);
}

absl::Status ValidateHoldOut(const FeatureSchema& schema, absl::Span<const v1::HoldOutRule> rules) {
  return ResolveRules(schema, rules).status();
}

}  // namespace facet::model
