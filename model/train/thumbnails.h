// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_THUMBNAILS_H_
#define FACET_MODEL_TRAIN_THUMBNAILS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "model/data/dataset.h"

namespace facet::model {

// Images as means over 8 x 8 fields, by which they are compared: what is alike
// there looks alike from afar. Immutable; thread-safe.
class Thumbnails {
 public:
  Thumbnails() = default;
  // Of `images`, indices of `dataset`. Reads each of their pixels once.
  Thumbnails(const Dataset& dataset, absl::Span<const int64_t> images);

  // How far two images are from each other, by their positions in `images`: the
  // sum of squared differences of their means, in steps of uint8.
  int64_t Distance(size_t a, size_t b) const;

 private:
  size_t size_ = 0;  // of one
  std::vector<uint8_t> means_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_THUMBNAILS_H_
