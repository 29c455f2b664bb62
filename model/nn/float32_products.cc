// SPDX-License-Identifier: Apache-2.0
#include "model/nn/float32_products.h"

#include <ATen/Context.h>

namespace facet::model {

void UseFloat32Products(Float32Products products) {
  at::Context& context = at::globalContext();
  const bool tf32 = products == Float32Products::kTf32;
  if (context.allowTF32CuBLAS() != tf32) context.setAllowTF32CuBLAS(tf32);
  if (context.allowTF32CuDNN() != tf32) context.setAllowTF32CuDNN(tf32);
}

}  // namespace facet::model
