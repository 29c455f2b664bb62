// SPDX-License-Identifier: Apache-2.0
#include "model/data/hold_out.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "model/data/hold_out_rule.h"

namespace facet::model {
namespace {

constexpr int64_t kInTraining = -1;

// All that a split looks at.
struct LabelTable {
  const FeatureSchema& schema;
  int64_t size;
  // Class index of each feature of an image.
  absl::FunctionRef<absl::Span<const uint16_t>(int64_t)> labels;
};

// Class indices of some features, in the order of those features.
using Combination = std::vector<uint16_t>;
// Images by what they show of the missing features, ascending.
using CellsOfOne = std::map<Combination, std::vector<int64_t>>;
// The same by what they show of the `per` features.
using Cells = std::map<Combination, CellsOfOne>;

Combination ClassesOf(absl::Span<const uint16_t> labels, const std::vector<int>& features) {
  Combination classes;
  classes.reserve(features.size());
  for (const int feature : features) classes.push_back(labels[feature]);
  return classes;
}

// What training still has of the data set (`owner` has the rule of each image,
// or kInTraining), without combinations that rules of the same features chose.
Cells GroupCells(const LabelTable& table, const ResolvedRule& rule, const std::vector<int64_t>& owner,
                 const std::set<Combination>& chosen) {
  Cells cells;
  for (int64_t i = 0; i < table.size; ++i) {
    if (owner[i] != kInTraining) continue;
    cells[ClassesOf(table.labels(i), rule.per)][ClassesOf(table.labels(i), rule.missing)].push_back(i);
  }
  for (const Combination& combination : chosen) cells.erase(combination);
  return cells;
}

// Who loses all is never trained: leaves those out that would keep nothing.
void RemoveThoseWithTooFew(const ResolvedRule& rule, Cells& cells) {
  std::erase_if(cells, [&](const auto& cell) { return cell.second.size() <= static_cast<size_t>(rule.each); });
}

std::vector<Combination> Shuffled(const std::set<Combination>& items, uint64_t seed, absl::string_view purpose,
                                  uint64_t index) {
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
std::list<Combination> OrderOfChoice(const Cells& cells, const ResolvedRule& rule) {
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

std::vector<Combination> OrderOfLoss(const Cells& cells, const ResolvedRule& rule) {
  std::set<Combination> all;
  for (const auto& [unused, cells_of_one] : cells) {
    for (const auto& [missing, images] : cells_of_one) all.insert(missing);
  }
  return Shuffled(all, rule.seed, "hold_out/missing", 0);
}

// What the chosen combination number `done` loses: the next `each` in turn.
std::vector<Combination> LossesOf(const std::vector<Combination>& losses, const ResolvedRule& rule, int done) {
  std::vector<Combination> lost;
  for (int64_t i = 0; i < rule.each; ++i) lost.push_back(losses[(int64_t{done} * rule.each + i) % losses.size()]);
  return lost;
}

// Chooses combinations, adds them to `chosen` and returns the images lost.
absl::StatusOr<std::vector<int64_t>> ApplyRule(const LabelTable& table, const ResolvedRule& rule,
                                               const std::vector<int64_t>& owner, std::set<Combination>& chosen) {
  Cells cells = GroupCells(table, rule, owner, chosen);
  if (const auto losses = static_cast<int64_t>(OrderOfLoss(cells, rule).size()); !cells.empty() && losses < rule.each) {
    return TooManyMissing(rule.each, losses);
  }
  RemoveThoseWithTooFew(rule, cells);
  const std::vector<Combination> losses = OrderOfLoss(cells, rule);
  std::list<Combination> candidates = OrderOfChoice(cells, rule);
  std::vector<int64_t> images;
  for (int done = 0; done < rule.count; ++done) {
    if (candidates.empty()) {
      return TooManyCombinations(
          rule.count, absl::StrCat("the data set has ", done,
                                   " that no rule before has chosen and that training would keep a part of"));
    }
    // In a data set with gaps, not every combination has what is to be lost.
    const std::vector<Combination> lost = LossesOf(losses, rule, done);
    const auto next = std::find_if(candidates.begin(), candidates.end(), [&](const Combination& candidate) {
      return std::all_of(lost.begin(), lost.end(),
                         [&](const auto& loss) { return cells.at(candidate).contains(loss); });
    });
    if (next == candidates.end()) {
      return TooManyCombinations(rule.count, absl::StrCat("the data set has ", done,
                                                          " that could lose those of 'missing' in turn and that "
                                                          "training would keep a part of"));
    }
    for (const Combination& loss : lost) {
      const std::vector<int64_t>& cell = cells.at(*next).at(loss);
      images.insert(images.end(), cell.begin(), cell.end());
    }
    chosen.insert(std::move(*next));
    candidates.erase(next);
  }
  return images;
}

// INVALID_ARGUMENT for a class that rules took from training altogether.
// `owner` has the rule of each image, or kInTraining.
absl::Status CheckClassesRemain(const LabelTable& table, const std::vector<int64_t>& owner) {
  const FeatureSchema& schema = table.schema;
  std::vector<bool> trained(schema.total_classes());
  std::vector<int64_t> taker(schema.total_classes(), kInTraining);
  for (int64_t i = 0; i < table.size; ++i) {
    const absl::Span<const uint16_t> labels = table.labels(i);
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
                          absl::StrCat("training would never see class '", feature.classes[c], "' of feature '",
                                       feature.name, "': hold out less of it"));
    }
  }
  return absl::OkStatus();
}

Split MakeSplit(absl::Span<const v1::HoldOutRule> rules, const std::vector<int64_t>& owner) {
  Split split;
  for (const v1::HoldOutRule& rule : rules) split.held_out.push_back({rule.name(), {}});
  for (size_t i = 0; i < owner.size(); ++i) {
    (owner[i] == kInTraining ? split.train : split.held_out[owner[i]].images).push_back(static_cast<int64_t>(i));
  }
  return split;
}

absl::StatusOr<Split> SplitTable(const LabelTable& table, absl::Span<const v1::HoldOutRule> protos) {
  ASSIGN_OR_RETURN(const std::vector<ResolvedRule> rules, ResolveHoldOut(table.schema, protos));
  std::vector<int64_t> owner(table.size, kInTraining);
  std::map<std::vector<int>, std::set<Combination>> chosen;  // by the `per` features
  for (size_t r = 0; r < rules.size(); ++r) {
    auto images = ApplyRule(table, rules[r], owner, chosen[rules[r].per]);
    if (!images.ok()) return PrefixField(images.status(), absl::StrCat("hold_out[", r, "]"));
    for (const int64_t image : *images) owner[image] = static_cast<int64_t>(r);
  }
  RETURN_IF_ERROR(CheckClassesRemain(table, owner));
  return MakeSplit(protos, owner);
}

}  // namespace

absl::StatusOr<Split> SplitDataset(const Dataset& dataset, absl::Span<const v1::HoldOutRule> rules) {
  return SplitTable({dataset.info().schema, dataset.size(), [&](int64_t i) { return dataset.labels(i); }}, rules);
}

absl::StatusOr<Split> SplitDataset(const DatasetLabels& dataset, absl::Span<const v1::HoldOutRule> rules) {
  return SplitTable({dataset.schema, dataset.size(), [&](int64_t i) { return dataset.labels(i); }}, rules);
}

}  // namespace facet::model
