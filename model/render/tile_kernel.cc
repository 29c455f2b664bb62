// SPDX-License-Identifier: Apache-2.0
#include "model/render/tile_kernel.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace facet::model {
namespace {

constexpr std::size_t kDepth = 128;

// Seconds a multiplication, the best of some tries. The processor's clock goes
// down under wide vectors on some machines, hence a try of a millisecond.
double Cost(const TileKernel& kernel) {
  alignas(64) static float input[kDepth];
  alignas(64) static float panel[kDepth * kMaxPanelColumns];
  alignas(64) static float bias[kMaxPanelColumns];
  static float output[kMaxPanelColumns];
  const float* rows[kMaxTileRows];
  float* out[kMaxTileRows];
  std::fill(std::begin(rows), std::end(rows), &input[0]);
  std::fill(std::begin(out), std::end(out), &output[0]);
  const std::ptrdiff_t taps[] = {0};
  const TileArgs args = {rows, taps, 1, kDepth, panel, 0, bias, 1.0f, out};
  const double multiplications = 1.0 * kDepth * kernel.max_rows * 2 * kernel.lanes;
  const int repeats = static_cast<int>(3e7 / multiplications) + 1;
  double best = std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) kernel.run(args, 2, kernel.max_rows, 1);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / (repeats * multiplications));
  }
  return best;
}

const TileKernel& Measure() {
  const TileKernel* avx2 = Avx2TileKernel();
  const TileKernel* avx512 = Avx512TileKernel();
  if (avx2 == nullptr) return *PortableTileKernel();
  if (avx512 == nullptr) return *avx2;
  return Cost(*avx512) < Cost(*avx2) ? *avx512 : *avx2;
}

}  // namespace

const TileKernel& FastestTileKernel() {
  static const TileKernel& fastest = Measure();
  return fastest;
}

}  // namespace facet::model
