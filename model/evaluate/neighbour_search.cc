// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/neighbour_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "model/train/batch.h"

namespace facet::model {
namespace {

// Samples after which a distance that is too large already is given up.
constexpr size_t kStretch = 256;
// Sums side by side: what lets a compiler use vectors without reordering.
constexpr size_t kLanes = 16;

float SquaredDistance(const float* a, const float* b, size_t size) {
  float sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const float difference = a[i + lane] - b[i + lane];
      sums[lane] += difference * difference;
    }
  }
  float total = 0;
  for (; i < size; ++i) total += (a[i] - b[i]) * (a[i] - b[i]);
  for (const float sum : sums) total += sum;
  return total;
}

// The squared distance, or some number that is not below `least`.
float SquaredDistanceBelow(const float* a, const float* b, size_t size, float least) {
  float sum = 0;
  for (size_t begin = 0; begin < size && sum < least; begin += kStretch) {
    sum += SquaredDistance(a + begin, b + begin, std::min(kStretch, size - begin));
  }
  return sum;
}

}  // namespace

absl::StatusOr<std::vector<double>> NeighbourSearch::Distances(absl::Span<const float> queries,
                                                               absl::Span<const int64_t> themselves,
                                                               const std::atomic<bool>& stop) const {
  const size_t samples = dataset_.info().shape.samples();
  std::vector<float> least(themselves.size(), std::numeric_limits<float>::infinity());
  std::vector<float> pixels(samples);
  for (const int64_t image : images_) {
    if (stop) return absl::CancelledError("the evaluation was stopped");
    ToFloat(dataset_.pixels(image), samples, pixels.data());
    for (size_t q = 0; q < themselves.size(); ++q) {
      if (themselves[q] == image) continue;
      least[q] = std::min(least[q], SquaredDistanceBelow(&queries[q * samples], pixels.data(), samples, least[q]));
    }
  }
  std::vector<double> distances;
  for (const float squared : least) {
    distances.push_back(std::isfinite(squared) ? std::sqrt(static_cast<double>(squared) / static_cast<double>(samples))
                                               : 0);
  }
  return distances;
}

}  // namespace facet::model
