// SPDX-License-Identifier: Apache-2.0
// Finds what was drawn by colours that nothing else in a picture has. Colours
// are blue, green, red.
#ifndef FACET_TESTS_CLIENT_CLI_PIXELS_H_
#define FACET_TESTS_CLIENT_CLI_PIXELS_H_

#include <opencv2/imgproc.hpp>

namespace facet::cli {

inline cv::Mat Plain(int rows, int columns, const cv::Vec3b& colour) {
  return {rows, columns, CV_8UC3, cv::Scalar(colour[0], colour[1], colour[2])};
}

// 255 where a picture has a colour, 0 elsewhere.
inline cv::Mat Mask(const cv::Mat& picture, const cv::Vec3b& colour) {
  cv::Mat mask;
  cv::inRange(picture, colour, colour, mask);
  return mask;
}

// How many pixels have a colour.
inline int Count(const cv::Mat& picture, const cv::Vec3b& colour) { return cv::countNonZero(Mask(picture, colour)); }

// The rectangle around the pixels of a colour; empty where there are none.
inline cv::Rect Around(const cv::Mat& picture, const cv::Vec3b& colour) {
  return cv::boundingRect(Mask(picture, colour));
}

}  // namespace facet::cli

#endif  // FACET_TESTS_CLIENT_CLI_PIXELS_H_
