// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_THREADS_H_
#define FACET_MODEL_NN_THREADS_H_

namespace facet::model {

// Sets up LibTorch for this process: `threads` on the CPU, 0 for all cores, and
// kernels on a GPU that give the same result each time, as far as LibTorch has
// them. Before the first computation, or with the same number as before.
void ConfigureTorch(int threads);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_THREADS_H_
