// SPDX-License-Identifier: Apache-2.0
#include "base/even_choice.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>

namespace facet {
namespace {

// How often each of some keys came, by their candidates.
template <typename Key>
class Counts {
 public:
  void Append(const Key& key) {
    const auto [found, added] = ids_.emplace(key, counts_.size());
    if (added) counts_.push_back(0);
    id_of_.push_back(found->second);
  }
  void Count(size_t candidate) { ++counts_[id_of_[candidate]]; }
  int64_t of(size_t candidate) const { return counts_[id_of_[candidate]]; }
  int64_t keys() const { return static_cast<int64_t>(counts_.size()); }

 private:
  std::map<Key, size_t> ids_;
  std::vector<size_t> id_of_;
  std::vector<int64_t> counts_;
};

// What was chosen so far.
class Chosen {
 public:
  explicit Chosen(absl::Span<const EvenCandidate> candidates) : candidates_(candidates) {
    if (!candidates.empty()) classes_.resize(candidates[0].classes.size());
    for (const EvenCandidate& candidate : candidates) {
      cells_.Append(candidate.classes);
      subjects_.Append(candidate.subject);
      for (size_t f = 0; f < classes_.size(); ++f) classes_[f].Append(candidate.classes[f]);
    }
  }

  void Add(size_t candidate) {
    cells_.Count(candidate);
    subjects_.Count(candidate);
    for (Counts<int>& of_feature : classes_) of_feature.Count(candidate);
  }

  // The less, the sooner it is chosen.
  std::tuple<int64_t, int64_t, int, int64_t> RankOf(size_t candidate) const {
    const int64_t of_subject = subjects_.of(candidate);
    const int preference = of_subject == 0 ? candidates_[candidate].preference : 0;
    return {cells_.of(candidate), of_subject, preference, Wear(candidate)};
  }

 private:
  // A class of a feature of few comes often, even where all come equally often.
  int64_t Wear(size_t candidate) const {
    int64_t sum = 0;
    for (const Counts<int>& of_feature : classes_) sum += of_feature.of(candidate) * of_feature.keys();
    return sum;
  }

  absl::Span<const EvenCandidate> candidates_;
  Counts<std::vector<int>> cells_;
  Counts<std::vector<int>> subjects_;
  std::vector<Counts<int>> classes_;  // of each feature
};

}  // namespace

std::vector<size_t> ChooseEvenly(absl::Span<const EvenCandidate> candidates, size_t count) {
  Chosen chosen(candidates);
  std::vector<size_t> left(candidates.size());
  for (size_t i = 0; i < left.size(); ++i) left[i] = i;
  std::vector<size_t> positions;
  while (positions.size() < count && !left.empty()) {
    const auto next = std::min_element(left.begin(), left.end(),
                                       [&](size_t a, size_t b) { return chosen.RankOf(a) < chosen.RankOf(b); });
    chosen.Add(*next);
    positions.push_back(*next);
    left.erase(next);
  }
  return positions;
}

}  // namespace facet
