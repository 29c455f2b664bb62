// SPDX-License-Identifier: Apache-2.0
// Generators with random weights, and what they should render, computed as the
// bundle format defines it.
#ifndef FACET_TESTS_MODEL_RENDER_RANDOM_NET_H_
#define FACET_TESTS_MODEL_RENDER_RANDOM_NET_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/bundle/safetensors.h"
#include "model/preset/net_shape.h"

namespace facet::model {

struct RandomNet {
  GeneratorShape shape;
  std::map<std::string, std::vector<float>> tensors;
  std::map<std::string, std::vector<int64_t>> shapes;

  // Views into `tensors`.
  TensorMap Views() const;
  // A safetensors file.
  std::string File() const;
};

// Shape from sizes; upconvs are {out_channels, kernel, padding}.
struct UpconvSpec {
  int out_channels;
  int kernel;
  int padding;
};
GeneratorShape MakeShape(std::vector<int> classes, std::vector<int> widths, std::vector<int> joint, int base_size,
                         int base_channels, const std::vector<UpconvSpec>& upconvs);

// Shapes of presets, for 10 digits and for 70 faces.
GeneratorShape DigitsShape();
GeneratorShape Face64Shape();
GeneratorShape Face158Shape();

// Weights as wide as training begins with; pixels are around [0, 1].
RandomNet MakeNet(const GeneratorShape& shape, uint64_t seed);

// Feature vectors [count, total classes]: one-hot, mixes, and dense ones.
std::vector<float> MakeVectors(const GeneratorShape& shape, int count, uint64_t seed);

// Linear pixels of one vector, [channels, S, S], in double precision.
std::vector<double> ReferenceRender(const RandomNet& net, const float* vector);

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_RENDER_RANDOM_NET_H_
