// SPDX-License-Identifier: Apache-2.0
#include "model/nn/threads.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <thread>

namespace facet::model {

void ConfigureTorch(int threads) {
  at::set_num_threads(threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency()));
  at::globalContext().setDeterministicCuDNN(true);
}

}  // namespace facet::model
