// SPDX-License-Identifier: Apache-2.0
#include "model/render/finish_pixels.h"

#include <cstdint>
#include <cstring>

namespace facet::model {
namespace {

// Written so that a NaN gives 0 and compilers make two vector instructions of
// it.
inline float Clamp(float x) {
  const float above = x > 0.0f ? x : 0.0f;
  return above < 1.0f ? above : 1.0f;
}

// Adding 2^23 pushes the fraction out, rounded to even; what is left in the low
// bits is the integer.
inline uint8_t ToUint8(float x) {
  const float shifted = Clamp(x) * 255.0f + 8388608.0f;
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  return static_cast<uint8_t>(bits);
}

inline void Finish(float x, uint8_t& out) { out = ToUint8(x); }
inline void Finish(float x, float& out) { out = Clamp(x); }

template <typename T>
void FinishInterleaved(const float* __restrict in, size_t samples, T* __restrict out) {
  for (size_t i = 0; i < samples; ++i) Finish(in[i], out[i]);
}

template <int kChannels, typename T>
void FinishPlane(const float* __restrict in, int channels, int width, T* __restrict out) {
  const int stride = kChannels > 0 ? kChannels : channels;
  for (int x = 0; x < width; ++x) Finish(in[static_cast<size_t>(x) * stride], out[x]);
}

template <typename T>
void FinishAll(const float* row, size_t row_stride, int row_begin, int row_end, const ImageShape& shape,
               PixelLayout layout, T* image) {
  const size_t samples = size_t{1} * shape.width * shape.channels;
  const size_t plane = size_t{1} * shape.width * shape.height;
  for (int y = row_begin; y < row_end; ++y) {
    const float* in = row + y * row_stride;
    if (layout == PixelLayout::kNhwc) {
      FinishInterleaved(in, samples, image + y * samples);
      continue;
    }
    for (int c = 0; c < shape.channels; ++c) {
      T* out = image + c * plane + size_t{1} * y * shape.width;
      if (shape.channels == 3) {
        FinishPlane<3>(in + c, 3, shape.width, out);
      } else {
        FinishPlane<0>(in + c, shape.channels, shape.width, out);
      }
    }
  }
}

}  // namespace

void FinishRows(const float* row, size_t row_stride, int row_begin, int row_end, const ImageShape& shape,
                const PixelFormat& format, void* image) {
  if (format.type == PixelType::kUint8) {
    FinishAll(row, row_stride, row_begin, row_end, shape, format.layout, static_cast<uint8_t*>(image));
  } else {
    FinishAll(row, row_stride, row_begin, row_end, shape, format.layout, static_cast<float*>(image));
  }
}

}  // namespace facet::model
