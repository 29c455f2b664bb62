// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_FINISH_PIXELS_H_
#define FACET_MODEL_RENDER_FINISH_PIXELS_H_

#include <cstddef>

#include "model/image/pixels.h"

namespace facet::model {

// Writes rows [row_begin, row_end) of one image in `format`. `row` is row 0 of
// the linear image, channels together; rows lie `row_stride` floats apart.
// `image` is the whole image's place in the caller's buffer.
//
// uint8 is 255 * clamp(x, 0, 1) rounded to the nearest integer, halves to even;
// float32 is clamp(x, 0, 1). NaN counts as 0.
void FinishRows(const float* row, size_t row_stride, int row_begin, int row_end, const ImageShape& shape,
                const PixelFormat& format, void* image);

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_FINISH_PIXELS_H_
