// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_IMAGE_TILT_H_
#define FACET_MODEL_IMAGE_TILT_H_

#include <cstdint>

#include "model/image/pixels.h"

namespace facet::model {

// Mirrors an image left to right where `mirror` is set, then turns it about its
// centre, counter-clockwise, by any angle. Pixels are interpolated between four;
// beyond the edge, the pixels on it go on. `source` and `target` hold
// shape.samples() bytes, HWC, of three channels, and do not overlap. Thread-safe.
void TiltImage(const ImageShape& shape, const uint8_t* source, bool mirror, double degrees, uint8_t* target);

}  // namespace facet::model

#endif  // FACET_MODEL_IMAGE_TILT_H_
