// SPDX-License-Identifier: Apache-2.0
// Pictures the commands share: decoding what the server sends, labelled sheets
// and files. All pictures are 8-bit BGR, OpenCV's order.
#ifndef FACET_CLIENT_CLI_PICTURES_H_
#define FACET_CLIENT_CLI_PICTURES_H_

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "facet/v1/image.pb.h"

namespace facet::cli {

// The images of one message (PNG, JPEG or raw uint8 NHWC). DATA_LOSS: bytes and
// shape do not fit.
absl::StatusOr<std::vector<cv::Mat>> DecodeImages(const v1::ImageData& data);

// Nearest-neighbour enlargement so that the longer side is at least `pixels`;
// small pictures stay sharp.
cv::Mat Enlarge(const cv::Mat& image, int pixels);

// A grid of equal pictures with labels around it.
struct Sheet {
  std::string title;                       // above; may be empty
  std::vector<std::string> column_labels;  // above the columns; may be empty
  std::vector<std::string> row_labels;     // left of the rows; may be empty
  std::vector<std::string> captions;       // below each cell, '\n' parts lines; may be empty
  std::vector<cv::Mat> cells;              // row by row; an empty picture is left blank
  int columns = 1;
  int cell_pixels = 84;  // side that cells are enlarged to
};
cv::Mat DrawSheet(const Sheet& sheet);

// INVALID_ARGUMENT unless WritePicture can tell a format from `path`. For
// commands to ask before they ask the server.
absl::Status CheckPicturePath(const std::string& path);

// Likewise, and standard output ("-") is none: for pictures beside other output.
absl::Status CheckPictureFile(const std::string& path);

// Writes PNG or JPEG by the ending of `path` ("-": PNG on standard output).
// INVALID_ARGUMENT: another ending.
absl::Status WritePicture(const std::string& path, const cv::Mat& picture);

// An endless animation, `delay` hundredths of a second a frame; one palette of
// 256 colours a frame.
absl::Status WriteGif(const std::string& path, const std::vector<cv::Mat>& frames, int delay);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_PICTURES_H_
