// SPDX-License-Identifier: Apache-2.0
#include "model/image/opencv_view.h"

#include <cstring>

namespace facet::model {

void KeepOpenCvOnThisThread() {
  static const bool done = [] {
    cv::setNumThreads(1);
    return true;
  }();
  static_cast<void>(done);
}

cv::Mat ViewRgb(const Image& image) {
  return {image.shape.height, image.shape.width, CV_8UC3, const_cast<uint8_t*>(image.pixels.data())};
}

Image ImageFromRgb(const cv::Mat& rgb) {
  Image image;
  image.shape = {rgb.rows, rgb.cols, 3};
  image.pixels.resize(image.shape.samples());
  const size_t row_bytes = size_t{3} * rgb.cols;
  for (int y = 0; y < rgb.rows; ++y) std::memcpy(&image.pixels[y * row_bytes], rgb.ptr(y), row_bytes);
  return image;
}

}  // namespace facet::model
