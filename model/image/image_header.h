// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_IMAGE_IMAGE_HEADER_H_
#define FACET_MODEL_IMAGE_IMAGE_HEADER_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace facet::model {

// What the header of an image file says, before any orientation is applied.
struct ImageSize {
  uint32_t width = 0;
  uint32_t height = 0;
  bool operator==(const ImageSize&) const = default;
};

// Reads the size of a PNG, JPEG, BMP, WebP, TIFF or PNM (P1 to P6) file; a side
// may be 0 where the header says so. None: another format, or a header that is
// cut off or contradicts itself. Any bytes may come: this stands between
// strangers and the decoders, which allocate what the header asks for and are
// many more, some of which open other files.
std::optional<ImageSize> ReadImageSize(absl::string_view bytes);

// Whether a JPEG file ends before its image does. Decoders of the other formats
// tell; libjpeg fills up with grey what is missing and calls that an image.
bool IsCutOffJpeg(absl::string_view bytes);

// The scans of a JPEG, up to its end; 0 for other files. A progressive one has
// some ten. Each goes over all pixels again, and a hundred bytes are enough for
// one: what a file costs to decode follows from pixels times scans.
int CountJpegScans(absl::string_view bytes);

}  // namespace facet::model

#endif  // FACET_MODEL_IMAGE_IMAGE_HEADER_H_
