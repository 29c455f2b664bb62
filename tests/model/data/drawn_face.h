// SPDX-License-Identifier: Apache-2.0
// Faces of ellipses that the frontal cascade takes for faces.
#ifndef FACET_TESTS_MODEL_DATA_DRAWN_FACE_H_
#define FACET_TESTS_MODEL_DATA_DRAWN_FACE_H_

#include <opencv2/imgproc.hpp>
#include <string>

#include "model/image/codec.h"
#include "model/image/opencv_view.h"

namespace facet::model {

// A grey picture without a face.
inline cv::Mat DrawnWall(int width = 120, int height = 160) { return {height, width, CV_8UC3, cv::Scalar(60, 60, 60)}; }

// Draws a face `width` pixels wide; `mouth` opens it, from 0.
inline void DrawFace(cv::Mat& picture, int x, int y, int width, int mouth = 0) {
  const auto ellipse = [&](double right, double down, double half_width, double half_height, int grey) {
    cv::ellipse(picture, {x + static_cast<int>(right * width), y + static_cast<int>(down * width)},
                {static_cast<int>(half_width * width), static_cast<int>(half_height * width)}, 0, 0, 360,
                cv::Scalar(grey, grey, grey), cv::FILLED, cv::LINE_AA);
  };
  ellipse(0, 0.02, 0.46, 0.62, 200);  // the head
  for (const double side : {-0.2, 0.2}) {
    ellipse(side, -0.14, 0.16, 0.085, 110);
    ellipse(side, -0.12, 0.06, 0.04, 30);
  }
  ellipse(0, 0.08, 0.05, 0.15, 225);
  ellipse(0, 0.18, 0.09, 0.03, 150);
  ellipse(0, 0.33, 0.17, 0.03 + 0.02 * mouth, 90);
}

// A portrait of 120 x 160 pixels with one face.
inline cv::Mat DrawnPortrait(int width = 80, int mouth = 0) {
  cv::Mat picture = DrawnWall();
  DrawFace(picture, 60, 75, width, mouth);
  return picture;
}

inline std::string PngOf(const cv::Mat& picture) {
  const Image image = ImageFromRgb(picture);
  return EncodePng(image.shape, image.pixels.data()).value();
}

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_DATA_DRAWN_FACE_H_
