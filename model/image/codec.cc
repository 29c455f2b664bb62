// SPDX-License-Identifier: Apache-2.0
#include "model/image/codec.h"

#include <algorithm>
#include <exception>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/image/image_header.h"
#include "model/image/opencv_view.h"

namespace facet::model {
namespace {

constexpr int kMaxScans = 100;
constexpr size_t kMaxFileBytes = size_t{1} << 30;
constexpr int kPngCompression = 3;

absl::Status BadImage(absl::string_view message) {
  return WithReason(absl::InvalidArgumentError(message), "BAD_IMAGE");
}

// Of memory and of time: what decoders spend follows from the header and scans.
absl::Status CheckCost(absl::string_view bytes) {
  if (bytes.size() > kMaxFileBytes) return BadImage(absl::StrCat("over ", kMaxFileBytes, " bytes"));
  const std::optional<ImageSize> size = ReadImageSize(bytes);
  if (!size.has_value()) return BadImage("not a PNG, JPEG, BMP, WebP, TIFF or PNM image");
  const uint64_t pixels = uint64_t{size->width} * size->height;
  if (pixels == 0) return BadImage(absl::StrCat("the image has no pixels: ", size->width, " x ", size->height));
  if (pixels > kMaxImagePixels) {
    return BadImage(absl::StrCat("too large: ", size->width, " x ", size->height, " pixels are over ",
                                 kMaxImagePixels / 1'000'000, " megapixels"));
  }
  if (CountJpegScans(bytes) > kMaxScans) return BadImage(absl::StrCat("over ", kMaxScans, " scans"));
  return absl::OkStatus();
}

// A view of the bytes; OpenCV takes no const memory but does not write to it.
template <typename T>
cv::Mat View(int rows, int columns, int type, const T* data) {
  return {rows, columns, type, const_cast<void*>(static_cast<const void*>(data))};
}

absl::StatusOr<std::string> Encode(const ImageShape& shape, const uint8_t* rgb, const char* extension,
                                   const std::vector<int>& parameters) {
  if (shape.height < 1 || shape.width < 1 || shape.channels != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot encode an image of ", shape.height, " x ", shape.width, " x ", shape.channels));
  }
  KeepOpenCvOnThisThread();
  try {
    cv::Mat bgr;
    cv::cvtColor(View(shape.height, shape.width, CV_8UC3, rgb), bgr, cv::COLOR_RGB2BGR);
    std::vector<uint8_t> encoded;
    if (cv::imencode(extension, bgr, encoded, parameters)) return std::string(encoded.begin(), encoded.end());
    return absl::InternalError(absl::StrCat("cannot encode ", extension));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("cannot encode ", extension, ": ", error.what()));
  }
}

}  // namespace

std::string ImageLibraries() { return absl::StrCat(cv::getBuildInformation(), "\n", cv::getCPUFeaturesLine()); }

absl::StatusOr<Image> DecodeImage(absl::string_view bytes) {
  RETURN_IF_ERROR(CheckCost(bytes));
  if (IsCutOffJpeg(bytes)) return BadImage("the image is cut off");
  KeepOpenCvOnThisThread();
  try {
    const cv::Mat file = View(1, static_cast<int>(bytes.size()), CV_8UC1, bytes.data());
    cv::Mat image = cv::imdecode(file, cv::IMREAD_COLOR);
    if (image.empty() || image.type() != CV_8UC3) return BadImage("the image is damaged or of an unknown kind");
    cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
    return ImageFromRgb(image);
  } catch (const std::exception& error) {
    return BadImage("the image is damaged or of an unknown kind");
  }
}

absl::StatusOr<std::string> EncodePng(const ImageShape& shape, const uint8_t* rgb) {
  return Encode(shape, rgb, ".png", {cv::IMWRITE_PNG_COMPRESSION, kPngCompression});
}

absl::StatusOr<std::string> EncodeJpeg(const ImageShape& shape, const uint8_t* rgb, int quality) {
  if (quality < 1 || quality > 100) {
    return absl::InvalidArgumentError(absl::StrCat("JPEG quality must be in [1, 100], not ", quality));
  }
  return Encode(shape, rgb, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
}

Image ResizeToSquare(const Image& image, int side) {
  KeepOpenCvOnThisThread();
  const cv::Mat all = ViewRgb(image);
  const int cut = std::min(all.rows, all.cols);
  const cv::Mat square = all(cv::Rect((all.cols - cut) / 2, (all.rows - cut) / 2, cut, cut));
  if (cut == side) return ImageFromRgb(square);
  cv::Mat resized;
  cv::resize(square, resized, {side, side}, 0, 0, side < cut ? cv::INTER_AREA : cv::INTER_CUBIC);
  return ImageFromRgb(resized);
}

}  // namespace facet::model
