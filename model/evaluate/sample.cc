// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/sample.h"

#include <algorithm>
#include <set>

#include "base/random.h"

namespace facet::model {
namespace {

using Cell = std::vector<uint16_t>;

Cell CellOf(const Dataset& dataset, int64_t image) {
  const auto labels = dataset.labels(image);
  return Cell(labels.begin(), labels.end());
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
  std::vector<int64_t> chosen;
  std::vector<int64_t> doubled;
  std::set<Cell> seen;
  for (const int64_t position : SamplePositions(images.size(), images.size(), seed, "sample")) {
    const int64_t image = images[position];
    (seen.insert(CellOf(dataset, image)).second ? chosen : doubled).push_back(image);
  }
  chosen.insert(chosen.end(), doubled.begin(), doubled.end());
  chosen.resize(std::min<size_t>(chosen.size(), count));
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

int64_t CountCells(const Dataset& dataset, absl::Span<const int64_t> images) {
  std::set<Cell> cells;
  for (const int64_t image : images) cells.insert(CellOf(dataset, image));
  return static_cast<int64_t>(cells.size());
}

}  // namespace facet::model
