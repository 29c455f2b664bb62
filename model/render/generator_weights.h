// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_GENERATOR_WEIGHTS_H_
#define FACET_MODEL_RENDER_GENERATOR_WEIGHTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/bundle/safetensors.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// INVALID_ARGUMENT (reason BAD_NET_SHAPE): sizes that no generator can have, or
// layers that do not fit each other.
absl::Status CheckGeneratorShape(const GeneratorShape& shape);

struct LayerWeights {
  absl::Span<const float> weight;
  absl::Span<const float> bias;
};

// The tensors `generator.*` of a file (docs/bundle_format.md), all there, of the
// right shape, finite. Views into the file where it is aligned, else into
// copies of its own. Move-only.
class GeneratorWeights {
 public:
  // `file` must outlive the result. DATA_LOSS: not a safetensors file
  // (BAD_SAFETENSORS), a tensor missing or of another shape or type
  // (BAD_WEIGHTS), or not finite (WEIGHTS_NOT_FINITE); the message names it.
  // Errors of CheckGeneratorShape.
  static absl::StatusOr<GeneratorWeights> Read(const GeneratorShape& shape, absl::string_view file);
  GeneratorWeights(GeneratorWeights&&) = default;
  GeneratorWeights& operator=(GeneratorWeights&&) = default;

  std::vector<LayerWeights> feature1;  // FC-1 of each feature, [w, K]
  std::vector<LayerWeights> feature2;  // FC-2 of each feature, [w, w]
  std::vector<LayerWeights> joint;     // [out, in]
  LayerWeights base;                   // [channels * size * size, in]
  std::vector<LayerWeights> up;        // [in, out, k, k]

 private:
  GeneratorWeights() = default;
  absl::StatusOr<LayerWeights> ReadLayer(const TensorMap& tensors, const std::string& name,
                                         const std::vector<int64_t>& shape, int64_t out);
  absl::StatusOr<absl::Span<const float>> ReadTensor(const TensorMap& tensors, const std::string& name,
                                                     const std::vector<int64_t>& shape);

  std::vector<std::vector<float>> copies_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_GENERATOR_WEIGHTS_H_
