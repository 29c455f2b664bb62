// SPDX-License-Identifier: Apache-2.0
#include "model/train/labelled_images.h"

namespace facet::model {

void MemoryImages::Add(const uint8_t* pixels, absl::Span<const uint16_t> labels) {
  pixels_.insert(pixels_.end(), pixels, pixels + shape_.samples());
  labels_.insert(labels_.end(), labels.begin(), labels.end());
}

void MemoryImages::Reserve(int64_t count) {
  pixels_.reserve(count * shape_.samples());
  labels_.reserve(count * schema_.size());
}

}  // namespace facet::model
