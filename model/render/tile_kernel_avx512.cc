// SPDX-License-Identifier: Apache-2.0
// Compiled for AVX-512; called only where the processor has it.
#define FACET_TILE_LANES 16
#define FACET_TILE_ROWS 12  // 12 x 2 sums and 2 weights of 32 registers
#include "model/render/tile_kernel_impl.h"

namespace facet::model {

const TileKernel* Avx512TileKernel() {
  static constexpr TileKernel kKernel = {"avx512", true, kLanes, kRows, &RunKernel};
  return __builtin_cpu_supports("avx512f") ? &kKernel : nullptr;
}

}  // namespace facet::model
