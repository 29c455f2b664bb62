// SPDX-License-Identifier: Apache-2.0
#include "client/cli/pictures.h"

#include <algorithm>
#include <numeric>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

constexpr int64_t kMaxLength = 1 << 20;  // of an axis of raw pixels
constexpr int kGap = 4;
constexpr int kMargin = 10;
constexpr int kLineHeight = 16;
constexpr double kFontScale = 0.42;
const cv::Scalar kPaper(255, 255, 255);
const cv::Scalar kInk(40, 40, 40);

int TextWidth(const std::string& text) {
  int baseline = 0;
  return cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, kFontScale, 1, &baseline).width;
}

void DrawText(cv::Mat& sheet, const std::string& text, int x, int y) {
  cv::putText(sheet, text, cv::Point(x, y), cv::FONT_HERSHEY_SIMPLEX, kFontScale, kInk, 1, cv::LINE_AA);
}

int CaptionLines(const Sheet& sheet) {
  int lines = 0;
  for (const std::string& caption : sheet.captions) {
    lines = std::max(lines, 1 + static_cast<int>(std::count(caption.begin(), caption.end(), '\n')));
  }
  return lines;
}

// Where everything goes, pixels.
struct Layout {
  int rows, left, top, cell_width, cell_height, step_x, step_y;
  int CellX(int column) const { return left + column * step_x; }
  int CellY(int row) const { return top + row * step_y; }
};

Layout PlanLayout(const Sheet& sheet, const std::vector<cv::Mat>& cells) {
  Layout layout{};
  layout.rows = (static_cast<int>(cells.size()) + sheet.columns - 1) / sheet.columns;
  layout.left = kMargin;
  for (const std::string& label : sheet.row_labels) {
    layout.left = std::max(layout.left, 2 * kMargin + TextWidth(label));
  }
  layout.top =
      kMargin + (sheet.title.empty() ? 0 : kLineHeight + kGap) + (sheet.column_labels.empty() ? 0 : kLineHeight);
  for (const cv::Mat& cell : cells) {
    layout.cell_width = std::max(layout.cell_width, cell.cols);
    layout.cell_height = std::max(layout.cell_height, cell.rows);
  }
  int widest = layout.cell_width;
  for (const std::string& label : sheet.column_labels) widest = std::max(widest, TextWidth(label) + kGap);
  for (const std::string& caption : sheet.captions) {
    for (const absl::string_view line : absl::StrSplit(caption, '\n')) {
      widest = std::max(widest, TextWidth(std::string(line)) + kGap);
    }
  }
  layout.step_x = widest + kGap;
  layout.step_y = layout.cell_height + kGap + CaptionLines(sheet) * kLineHeight;
  return layout;
}

void DrawCell(const Sheet& sheet, const Layout& layout, const cv::Mat& cell, int index, cv::Mat& canvas) {
  const int x = layout.CellX(index % sheet.columns);
  const int y = layout.CellY(index / sheet.columns);
  if (!cell.empty()) cell.copyTo(canvas(cv::Rect(x, y, cell.cols, cell.rows)));
  if (index >= static_cast<int>(sheet.captions.size())) return;
  int line_y = y + layout.cell_height + kLineHeight - 3;
  for (const absl::string_view line : absl::StrSplit(sheet.captions[index], '\n')) {
    DrawText(canvas, std::string(line), x, line_y);
    line_y += kLineHeight;
  }
}

bool IsJpegPath(const std::string& path) {
  return absl::EndsWithIgnoreCase(path, ".jpg") || absl::EndsWithIgnoreCase(path, ".jpeg");
}

}  // namespace

absl::StatusOr<std::vector<cv::Mat>> DecodeImages(const v1::ImageData& data) {
  if (data.encoding() != v1::IMAGE_ENCODING_RAW) {
    const cv::Mat bytes(1, static_cast<int>(data.data().size()), CV_8U, const_cast<char*>(data.data().data()));
    cv::Mat image;
    if (!data.data().empty()) image = cv::imdecode(bytes, cv::IMREAD_COLOR);  // which throws for no bytes
    if (image.empty()) return absl::DataLossError("the server sent an image that cannot be decoded");
    return std::vector<cv::Mat>{image};
  }
  const auto& shape = data.shape();
  bool plausible = data.shape_size() == 4 && data.pixel_type() == v1::PIXEL_TYPE_UINT8 &&
                   data.layout() == v1::PIXEL_LAYOUT_NHWC && shape[3] == 3;
  // So that the product below cannot overflow.
  for (const int64_t length : shape) plausible = plausible && length > 0 && length <= kMaxLength;
  const int64_t samples = plausible ? shape[1] * shape[2] * 3 : 0;
  if (!plausible || static_cast<int64_t>(data.data().size()) != shape[0] * samples) {
    return absl::DataLossError("the server sent pixels that do not fit their shape");
  }
  std::vector<cv::Mat> images(shape[0]);
  for (int64_t i = 0; i < shape[0]; ++i) {
    const cv::Mat rgb(static_cast<int>(shape[1]), static_cast<int>(shape[2]), CV_8UC3,
                      const_cast<char*>(data.data().data()) + i * samples);
    cv::cvtColor(rgb, images[i], cv::COLOR_RGB2BGR);
  }
  return images;
}

cv::Mat Enlarge(const cv::Mat& image, int pixels) {
  const int side = std::max(image.cols, image.rows);
  if (side == 0 || side >= pixels) return image;
  const int factor = (pixels + side - 1) / side;
  cv::Mat large;
  cv::resize(image, large, cv::Size(), factor, factor, cv::INTER_NEAREST);
  return large;
}

cv::Mat DrawSheet(const Sheet& sheet) {
  std::vector<cv::Mat> cells;
  for (const cv::Mat& cell : sheet.cells) cells.push_back(Enlarge(cell, sheet.cell_pixels));
  const Layout layout = PlanLayout(sheet, cells);
  const int width =
      std::max(layout.left + sheet.columns * layout.step_x + kMargin, 2 * kMargin + TextWidth(sheet.title));
  cv::Mat canvas(layout.top + layout.rows * layout.step_y + kMargin, width, CV_8UC3, kPaper);
  if (!sheet.title.empty()) DrawText(canvas, sheet.title, kMargin, kMargin + kLineHeight - 4);
  for (int column = 0; column < static_cast<int>(sheet.column_labels.size()); ++column) {
    DrawText(canvas, sheet.column_labels[column], layout.CellX(column), layout.top - 5);
  }
  for (int row = 0; row < static_cast<int>(sheet.row_labels.size()); ++row) {
    DrawText(canvas, sheet.row_labels[row], kMargin, layout.CellY(row) + layout.cell_height / 2 + 4);
  }
  for (int i = 0; i < static_cast<int>(cells.size()); ++i) DrawCell(sheet, layout, cells[i], i, canvas);
  return canvas;
}

absl::Status CheckPicturePath(const std::string& path) {
  return path == "-" ? absl::OkStatus() : CheckPictureFile(path);
}

absl::Status CheckPictureFile(const std::string& path) {
  if (IsJpegPath(path) || absl::EndsWithIgnoreCase(path, ".png")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", path, "' must end in .png, .jpg or .jpeg"));
}

absl::Status WritePicture(const std::string& path, const cv::Mat& picture) {
  RETURN_IF_ERROR(CheckPicturePath(path));
  std::vector<uint8_t> bytes;
  if (!cv::imencode(IsJpegPath(path) ? ".jpg" : ".png", picture, bytes))
    return absl::InternalError("cannot encode the picture");
  return WriteOutput(path, absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace facet::cli
