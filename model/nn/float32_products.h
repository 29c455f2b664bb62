// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_FLOAT32_PRODUCTS_H_
#define FACET_MODEL_NN_FLOAT32_PRODUCTS_H_

namespace facet::model {

// How a GPU computes matrix products and convolutions of float32.
enum class Float32Products {
  kExact,  // with all 24 bits of the factors
  kTf32,   // with 11 bits of the factors, sums in float32: several times as
           // fast, and below what the noise of the batches of training hides
};

// From here on, in the whole process: LibTorch has one setting for all threads.
// So each step of training, each rendering and each judgement asks for what it
// needs as it begins, and those that overlap in time need the same. A server
// only renders and judges, both exactly; a trainer does one thing at a time.
// Thread-safe.
void UseFloat32Products(Float32Products products);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_FLOAT32_PRODUCTS_H_
