// SPDX-License-Identifier: Apache-2.0
#include "model/nn/float32_products.h"

#include <ATen/Context.h>

#include "absl/base/const_init.h"
#include "absl/synchronization/mutex.h"

namespace facet::model {

void UseFloat32Products(Float32Products products) {
  // LibTorch keeps the setting in several variables and throws where it reads
  // them half written.
  static absl::Mutex mutex(absl::kConstInit);
  absl::MutexLock lock(&mutex);
  at::Context& context = at::globalContext();
  const bool tf32 = products == Float32Products::kTf32;
  if (context.allowTF32CuBLAS() != tf32) context.setAllowTF32CuBLAS(tf32);
  if (context.allowTF32CuDNN() != tf32) context.setAllowTF32CuDNN(tf32);
}

}  // namespace facet::model
