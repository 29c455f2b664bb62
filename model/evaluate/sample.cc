// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/sample.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "base/even_choice.h"
#include "base/random.h"
#include "model/image/square_transform.h"

namespace facet::model {
namespace {

using Cell = std::vector<uint16_t>;

Cell CellOf(const Dataset& dataset, int64_t image) {
  const auto labels = dataset.labels(image);
  return Cell(labels.begin(), labels.end());
}

// How far from upright each class of a feature is; empty unless all classes are
// square transforms.
std::vector<int> TurnsOf(const Feature& feature) {
  std::vector<int> turns;
  for (const std::string& name : feature.classes) {
    const std::optional<SquareTransform> transform = SquareTransformNamed(name);
    if (!transform.has_value()) return {};
    turns.push_back(transform->quarter_turns != 0 ? 2 : transform->mirror ? 1 : 0);
  }
  return turns;
}

std::vector<EvenCandidate> CandidatesOf(const Dataset& dataset, absl::Span<const int64_t> images) {
  const std::vector<Feature>& features = dataset.info().schema.features();
  std::vector<std::vector<int>> turns;
  for (const Feature& feature : features) turns.push_back(TurnsOf(feature));
  std::vector<EvenCandidate> candidates(images.size());
  for (size_t i = 0; i < images.size(); ++i) {
    const auto labels = dataset.labels(images[i]);
    for (size_t f = 0; f < features.size(); ++f) {
      candidates[i].classes.push_back(labels[f]);
      if (turns[f].empty()) {
        candidates[i].subject.push_back(labels[f]);
      } else {
        candidates[i].preference += turns[f][labels[f]];
      }
    }
  }
  return candidates;
}

}  // namespace

std::vector<int64_t> SamplePositions(int64_t size, int64_t count, uint64_t seed, absl::string_view purpose) {
  std::vector<int64_t> positions;
  if (size == 0) return positions;
  const IndexPermutation shuffle(size, seed, purpose, 0);
  for (int64_t i = 0; i < std::min(size, count); ++i) positions.push_back(static_cast<int64_t>(shuffle(i)));
  return positions;
}

std::vector<int64_t> SampleCells(const Dataset& dataset, absl::Span<const int64_t> images, int64_t count,
                                 uint64_t seed) {
  std::vector<int64_t> shuffled;
  const auto size = static_cast<int64_t>(images.size());
  for (const int64_t position : SamplePositions(size, size, seed, "sample")) shuffled.push_back(images[position]);
  std::vector<int64_t> chosen;
  for (const size_t position : ChooseEvenly(CandidatesOf(dataset, shuffled), count)) {
    chosen.push_back(shuffled[position]);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

int64_t CountCells(const Dataset& dataset, absl::Span<const int64_t> images) {
  std::set<Cell> cells;
  for (const int64_t image : images) cells.insert(CellOf(dataset, image));
  return static_cast<int64_t>(cells.size());
}

}  // namespace facet::model
