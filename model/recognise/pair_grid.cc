// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/pair_grid.h"

#include <algorithm>

namespace facet::model {
namespace {

int64_t PairsOf(int64_t classes) { return classes * (classes + 1) / 2; }

// Pair `i` of the rows (0,0) (0,1) ... (0,n-1) (1,1) ... (n-1,n-1).
std::pair<int, int> PairAt(int64_t i, int classes) {
  int first = 0;
  for (int64_t row = classes; i >= row; --row) {
    i -= row;
    ++first;
  }
  return {first, first + static_cast<int>(i)};
}

}  // namespace

double PairGrid::Count(const FeatureSchema& schema, int mix_feature) {
  double count = 1;
  for (int f = 0; f < schema.size(); ++f) {
    const auto classes = static_cast<int64_t>(schema.features()[f].classes.size());
    count *= static_cast<double>(f == mix_feature ? PairsOf(classes) : classes);
  }
  return count;
}

PairGrid::PairGrid(FeatureSchema schema, int mix_feature)
    : schema_(std::move(schema)), mix_feature_(mix_feature), size_(static_cast<int64_t>(Count(schema_, mix_feature))) {}

std::pair<std::vector<uint16_t>, std::vector<uint16_t>> PairGrid::Parents(int64_t i) const {
  std::vector<uint16_t> first(schema_.size());
  std::vector<uint16_t> second(schema_.size());
  for (int f = schema_.size() - 1; f >= 0; --f) {
    const auto classes = static_cast<int>(schema_.features()[f].classes.size());
    const int64_t choices = f == mix_feature_ ? PairsOf(classes) : classes;
    const int64_t choice = i % choices;
    i /= choices;
    const auto [a, b] = f == mix_feature_ ? PairAt(choice, classes)
                                          : std::pair<int, int>(static_cast<int>(choice), static_cast<int>(choice));
    first[f] = static_cast<uint16_t>(a);
    second[f] = static_cast<uint16_t>(b);
  }
  return {std::move(first), std::move(second)};
}

void PairGrid::WriteDense(int64_t i, float* dense) const {
  const auto [first, second] = Parents(i);
  std::fill_n(dense, schema_.total_classes(), 0.0f);
  for (int f = 0; f < schema_.size(); ++f) {
    dense[schema_.offset(f) + first[f]] += 0.5f;
    dense[schema_.offset(f) + second[f]] += 0.5f;
  }
}

}  // namespace facet::model
