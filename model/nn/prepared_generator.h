// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_PREPARED_GENERATOR_H_
#define FACET_MODEL_NN_PREPARED_GENERATOR_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/nn/generator.h"
#include "model/nn/upconv.h"

namespace facet::model {

// A generator for rendering: the same numbers to rounding, without gradients,
// from weights rearranged once. Keeps the generator that it is made of.
// Immutable; thread-safe. Throws as LibTorch does.
class PreparedGenerator {
 public:
  explicit PreparedGenerator(Generator generator);

  // As Generator::Forward. The last bits of an image may depend on N and on
  // the number of threads, as LibTorch's matrix products do.
  at::Tensor Forward(const at::Tensor& dense) const;

  const Generator& generator() const { return generator_; }

 private:
  Generator generator_;
  std::vector<PreparedUpconv> layers_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_NN_PREPARED_GENERATOR_H_
