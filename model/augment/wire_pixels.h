// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_WIRE_PIXELS_H_
#define FACET_MODEL_AUGMENT_WIRE_PIXELS_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "facet/v1/augmentation.pb.h"
#include "model/image/pixels.h"

namespace facet::model {

// Channels that pixels may have one by one.
inline constexpr int kMaxChannels = 4;

// How the pixels of a stream travel. Immutable value.
class WirePixels {
 public:
  // Of `pixel_type`, `layout` and `normalization`. INVALID_ARGUMENT with the
  // field paths: unknown values, a normalization of uint8, of another number of
  // channels, not finite, or with a std that is not above 0.
  static absl::StatusOr<WirePixels> Create(const v1::StreamSpec& spec, int channels);

  v1::PixelType type() const { return type_; }
  PixelLayout layout() const { return layout_; }
  size_t bytes_per_sample() const;
  // Whether renderers write these pixels themselves, and how.
  bool rendered() const { return rendered_; }
  PixelFormat render_format() const;

  // Writes one image, float32 HWC in [0, 1], to `target`.
  void Write(const ImageShape& shape, absl::Span<const float> image, void* target) const;

 private:
  WirePixels() = default;
  absl::Status ReadNormalization(const v1::Normalization& normalization, int channels);

  v1::PixelType type_ = v1::PIXEL_TYPE_UINT8;
  PixelLayout layout_ = PixelLayout::kNhwc;
  bool rendered_ = true;
  std::array<float, kMaxChannels> mean_{};
  std::array<float, kMaxChannels> scale_{1, 1, 1, 1};
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_WIRE_PIXELS_H_
