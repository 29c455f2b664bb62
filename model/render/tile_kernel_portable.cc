// SPDX-License-Identifier: Apache-2.0
// For every processor: SSE2, NEON, or what the compiler makes of it.
#define FACET_TILE_LANES 4
#define FACET_TILE_ROWS 6
#include "model/render/tile_kernel_impl.h"

namespace facet::model {

#if defined(__FMA__) || defined(__aarch64__)
inline constexpr bool kFused = true;
#else
inline constexpr bool kFused = false;
#endif

const TileKernel* PortableTileKernel() {
  static constexpr TileKernel kKernel = {"portable", kFused, kLanes, kRows, &RunKernel};
  return &kKernel;
}

}  // namespace facet::model
