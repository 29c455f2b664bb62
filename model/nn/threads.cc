// SPDX-License-Identifier: Apache-2.0
#include "model/nn/threads.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <thread>

namespace facet::model {

void ConfigureTorch(int threads) {
  at::set_num_threads(threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency()));
  at::Context& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  // Of a GPU's matrix products, too, as it is the default of its convolutions:
  // factors of 10 bits of mantissa, sums of 23. Several times as fast, and below
  // what the noise of the batches hides. Rendering asks for exact arithmetic.
  context.setAllowTF32CuBLAS(true);
}

}  // namespace facet::model
