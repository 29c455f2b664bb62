// SPDX-License-Identifier: Apache-2.0
#include "model/image/tilt.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "model/image/opencv_view.h"

namespace facet::model {

void TiltImage(const ImageShape& shape, const uint8_t* source, bool mirror, double degrees, uint8_t* target) {
  KeepOpenCvOnThisThread();
  // OpenCV takes no const memory but does not write to what it only reads.
  const cv::Mat image(shape.height, shape.width, CV_8UC3, const_cast<uint8_t*>(source));
  cv::Mat tilted(shape.height, shape.width, CV_8UC3, target);
  const cv::Point2f centre(static_cast<float>(shape.width - 1) / 2, static_cast<float>(shape.height - 1) / 2);
  cv::Mat turn = cv::getRotationMatrix2D(centre, degrees, 1.0);
  if (mirror) {
    // x of the source becomes width - 1 - x.
    cv::Mat flip = (cv::Mat_<double>(3, 3) << -1, 0, shape.width - 1, 0, 1, 0, 0, 0, 1);
    turn = turn * flip;
  }
  cv::warpAffine(image, tilted, turn, tilted.size(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
}

}  // namespace facet::model
