// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_PHOTOMETRIC_H_
#define FACET_MODEL_AUGMENT_PHOTOMETRIC_H_

#include <vector>

#include "absl/types/span.h"
#include "base/random.h"
#include "model/image/pixels.h"

namespace facet::model {

// Changes of an image's samples, in the order and units of v1.TransformRecipe.
// As made here, they change nothing.
struct Photometric {
  float blur = 0;
  float saturation = 1;
  float contrast = 1;
  float brightness = 0;
  float noise = 0;
  bool operator==(const Photometric&) const = default;
};

// Applies them to one image, float32 HWC in [0, 1]; the result is clamped to
// [0, 1]. Draws one normal number a sample from `random` where there is noise.
// `scratch` is a buffer to use again, of any size.
void ApplyPhotometric(const Photometric& change, const ImageShape& shape, CounterRandom& random,
                      std::vector<float>& scratch, absl::Span<float> image);

// Standard deviation of the 4-neighbour Laplacian of luma over all inner
// pixels of an image, float32 HWC; 0 where a side is below 3.
double Sharpness(const ImageShape& shape, absl::Span<const float> image);

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_PHOTOMETRIC_H_
