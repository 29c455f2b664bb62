// SPDX-License-Identifier: Apache-2.0
// Stands in for the x86 kernels on other processors.
#include "model/render/tile_kernel.h"

namespace facet::model {

const TileKernel* Avx2TileKernel() { return nullptr; }
const TileKernel* Avx512TileKernel() { return nullptr; }

}  // namespace facet::model
