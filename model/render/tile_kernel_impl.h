// SPDX-License-Identifier: Apache-2.0
// The tile kernel for vectors of kLanes floats. Include once in a source that
// is compiled for the processor and defines FACET_TILE_LANES and
// FACET_TILE_ROWS; everything here is local to it.
#ifndef FACET_MODEL_RENDER_TILE_KERNEL_IMPL_H_
#define FACET_MODEL_RENDER_TILE_KERNEL_IMPL_H_

#include <cstddef>
#include <utility>

#include "model/render/tile_kernel.h"

// NOLINTBEGIN(misc-definitions-in-headers): local to each source that includes it.
namespace facet::model {
namespace {

constexpr int kLanes = FACET_TILE_LANES;
constexpr int kRows = FACET_TILE_ROWS;
static_assert(kRows <= kMaxTileRows && 2 * kLanes <= kMaxPanelColumns);

typedef float Vec __attribute__((vector_size(kLanes * sizeof(float)), may_alias));
typedef float UnalignedVec __attribute__((vector_size(kLanes * sizeof(float)), aligned(alignof(float)), may_alias));

// R rows, P panels of V vectors. The loops over R and P * V are unrolled, so
// that `sum` stays in registers.
template <int V, int R, int P>
void RunTile(const TileArgs& args) {
  constexpr int kColumns = V * kLanes;
  Vec sum[R][P * V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int j = 0; j < P * V; ++j) sum[r][j] = *reinterpret_cast<const Vec*>(args.bias + j * kLanes);
  }
  const float* weights = args.panel;
  for (std::size_t t = 0; t < args.tap_count; ++t) {
    const float* row[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) row[r] = args.rows[r] + args.taps[t];
    for (std::size_t d = 0; d < args.depth; ++d, weights += kColumns) {
      Vec w[P * V];
#pragma GCC unroll 8
      for (int j = 0; j < P * V; ++j) {
        w[j] = *reinterpret_cast<const Vec*>(weights + j / V * args.panel_floats + j % V * kLanes);
      }
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const Vec x = row[r][d] - Vec{};  // the same float in every lane
#pragma GCC unroll 8
        for (int j = 0; j < P * V; ++j) sum[r][j] += x * w[j];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int j = 0; j < P * V; ++j) {
      const Vec v = sum[r][j];
      *reinterpret_cast<UnalignedVec*>(args.out[r] + j * kLanes) = v > 0 ? v : v * args.slope;
    }
  }
}

template <int V, int R>
void RunPanels(TileArgs args, int panels) {
  constexpr int kAtOnce = PanelsAtOnce(R);
  float* out[R];
  for (int r = 0; r < R; ++r) out[r] = args.out[r];
  args.out = out;
  const auto advance = [&](int by) {
    args.panel += by * args.panel_floats;
    args.bias += by * V * kLanes;
    for (int r = 0; r < R; ++r) out[r] += by * V * kLanes;
  };
  for (; panels >= kAtOnce; panels -= kAtOnce) {
    RunTile<V, R, kAtOnce>(args);
    advance(kAtOnce);
  }
  if constexpr (kAtOnce > 1) {
    for (; panels > 0; --panels) {
      RunTile<V, R, 1>(args);
      advance(1);
    }
  }
}

using PanelsFunction = void (*)(TileArgs, int);

template <int V, std::size_t... R>
constexpr PanelsFunction Choose(int rows, std::index_sequence<R...>) {
  constexpr PanelsFunction kFunctions[] = {&RunPanels<V, static_cast<int>(R) + 1>...};
  return kFunctions[rows - 1];
}

void RunKernel(const TileArgs& args, int vectors, int rows, int panels) {
  constexpr auto kAllRows = std::make_index_sequence<kRows>();
  (vectors == 1 ? Choose<1>(rows, kAllRows) : Choose<2>(rows, kAllRows))(args, panels);
}

}  // namespace
}  // namespace facet::model
// NOLINTEND(misc-definitions-in-headers)

#endif  // FACET_MODEL_RENDER_TILE_KERNEL_IMPL_H_
