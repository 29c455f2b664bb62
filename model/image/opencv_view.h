// SPDX-License-Identifier: Apache-2.0
// Between Image and OpenCV's matrices; for the sources of this folder.
#ifndef FACET_MODEL_IMAGE_OPENCV_VIEW_H_
#define FACET_MODEL_IMAGE_OPENCV_VIEW_H_

#include <opencv2/core.hpp>

#include "model/image/pixels.h"

namespace facet::model {

// Callers have threads of their own, and images are small: OpenCV's pool would
// only stand in their way.
void KeepOpenCvOnThisThread();

// A view of the pixels, CV_8UC3. OpenCV takes no const memory but does not
// write to what it only reads.
cv::Mat ViewRgb(const Image& image);

// A copy of a CV_8UC3 matrix.
Image ImageFromRgb(const cv::Mat& rgb);

}  // namespace facet::model

#endif  // FACET_MODEL_IMAGE_OPENCV_VIEW_H_
