// SPDX-License-Identifier: Apache-2.0
#include "client/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "absl/strings/str_format.h"

namespace facet::cli {
namespace {

int ColumnsOf(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

bool StderrIsTerminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

int TerminalColumns() { return ColumnsOf(STDERR_FILENO); }

int OutputColumns() { return ColumnsOf(STDOUT_FILENO); }

std::string DrawImage(const cv::Mat& bgr, int columns) {
  cv::Mat picture = bgr;
  if (picture.cols > columns) {
    const double scale = static_cast<double>(columns) / picture.cols;
    cv::resize(bgr, picture, cv::Size(), scale, scale, cv::INTER_AREA);
  }
  std::string text;
  for (int y = 0; y < picture.rows; y += 2) {
    for (int x = 0; x < picture.cols; ++x) {
      const auto top = picture.at<cv::Vec3b>(y, x);
      absl::StrAppendFormat(&text, "\x1b[38;2;%d;%d;%dm", top[2], top[1], top[0]);
      if (y + 1 < picture.rows) {
        const auto bottom = picture.at<cv::Vec3b>(y + 1, x);
        absl::StrAppendFormat(&text, "\x1b[48;2;%d;%d;%dm", bottom[2], bottom[1], bottom[0]);
      } else if (x == 0) {
        text += "\x1b[49m";  // below an odd picture there is nothing
      }
      text += "▀";
    }
    text += "\x1b[0m\n";
  }
  return text;
}

}  // namespace facet::cli
