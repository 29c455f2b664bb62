// SPDX-License-Identifier: Apache-2.0
// A stride-2 transposed convolution as matrix products.
//
// With y + p = 2 q + r for output row y, the rows of parity r take input row
// q - t through kernel row 2 t + r, for all t where it exists; columns
// likewise. So the outputs of each of the four parities (phases) are one
// product: a row for each (q_y, q_x), ceil((k - r_y) / 2) * ceil((k - r_x) / 2)
// taps. No multiplication is wasted, and the phases write their pixels where
// they belong, between each other's.
//
// A layer with so few channels that a phase would not fill a vector (the last)
// is one product over all phases, its kernel padded with zeros to an even side.
#ifndef FACET_MODEL_RENDER_UPCONV_STAGE_H_
#define FACET_MODEL_RENDER_UPCONV_STAGE_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "model/preset/net_shape.h"
#include "model/render/generator_weights.h"
#include "model/render/matmul.h"
#include "model/render/stage.h"

namespace facet::model {

// Images with their channels together and a border around, which stands for
// zeros outside: [images, border + size + border, likewise, channels].
struct ImageLayout {
  int size = 0;  // side, pixels
  int channels = 0;
  int border = 0;  // pixels
  size_t row() const { return size_t{1} * (size + 2 * border) * channels; }
  size_t image() const { return row() * (size + 2 * border); }
  // Of pixel (0, 0).
  ptrdiff_t origin() const { return static_cast<ptrdiff_t>(border * row() + border * channels); }
};

// Border that `layer` needs around its input.
int InputBorder(const UpconvShape& layer);

// Whether `layer` is faster as one product over all phases. It then writes up
// to one pixel beyond its output: only for a layer whose border nobody reads.
bool BetterMerged(const UpconvShape& layer);

// `slope` is of the LeakyReLU behind it; 1: linear. `merged`: as one product.
// The weights are not needed afterwards. RESOURCE_EXHAUSTED (reason
// OUT_OF_MEMORY).
absl::StatusOr<Stage> MakeUpconvStage(const TileKernel& kernel, const UpconvShape& layer, const LayerWeights& weights,
                                      const ImageLayout& input, const ImageLayout& output, float slope, bool merged);

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_UPCONV_STAGE_H_
