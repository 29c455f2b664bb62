// SPDX-License-Identifier: Apache-2.0
#include "model/train/thumbnails.h"

namespace facet::model {
namespace {

constexpr int kFields = 8;  // in a row, and in a column

// Appends the means of an image, field by field and channel by channel. A field
// without a pixel, of an image of fewer than 8 x 8, is 0.
void AppendMeans(const uint8_t* pixel, const ImageShape& shape, std::vector<uint8_t>& means) {
  std::vector<int64_t> sums(size_t{1} * kFields * kFields * shape.channels);
  std::vector<int64_t> pixels(size_t{1} * kFields * kFields);
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      const int field = y * kFields / shape.height * kFields + x * kFields / shape.width;
      ++pixels[field];
      for (int c = 0; c < shape.channels; ++c, ++pixel) sums[field * shape.channels + c] += *pixel;
    }
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    const int64_t count = pixels[i / shape.channels];
    means.push_back(count == 0 ? 0 : static_cast<uint8_t>((sums[i] + count / 2) / count));
  }
}

}  // namespace

Thumbnails::Thumbnails(const Dataset& dataset, absl::Span<const int64_t> images)
    : size_(size_t{1} * kFields * kFields * dataset.info().shape.channels) {
  means_.reserve(images.size() * size_);
  for (const int64_t image : images) AppendMeans(dataset.pixels(image), dataset.info().shape, means_);
}

int64_t Thumbnails::Distance(size_t a, size_t b) const {
  const uint8_t* first = &means_[a * size_];
  const uint8_t* second = &means_[b * size_];
  int64_t sum = 0;
  for (size_t i = 0; i < size_; ++i) {
    const int difference = int{first[i]} - int{second[i]};
    sum += int64_t{1} * difference * difference;
  }
  return sum;
}

}  // namespace facet::model
