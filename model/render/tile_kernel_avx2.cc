// SPDX-License-Identifier: Apache-2.0
// Compiled for AVX2 and FMA; called only where the processor has them.
#define FACET_TILE_LANES 8
#define FACET_TILE_ROWS 6  // 6 x 2 sums, 2 weights and 1 input of 16 registers
#include "model/render/tile_kernel_impl.h"

namespace facet::model {

const TileKernel* Avx2TileKernel() {
  static constexpr TileKernel kKernel = {"avx2", true, kLanes, kRows, &RunKernel};
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kKernel : nullptr;
}

}  // namespace facet::model
