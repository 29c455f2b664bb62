// SPDX-License-Identifier: Apache-2.0
#include "model/image/face_finder.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/image/codec.h"
#include "model/image/opencv_view.h"

namespace facet::model {
namespace {

// Debian's package and OpenCV's own installation.
constexpr const char* kSystemFolders[] = {"/usr/share/opencv4/haarcascades", "/usr/local/share/opencv4/haarcascades"};
constexpr double kScale = 1.1;
constexpr int kNeighbours = 3;

absl::Status Damaged() {
  return WithReason(absl::FailedPreconditionError(absl::StrCat(
                        kFaceCascadeFile, " is damaged: install the package opencv-data on the server again")),
                    "CASCADE_DAMAGED");
}

cv::Mat EqualisedGrey(const Image& image) {
  cv::Mat grey;
  cv::cvtColor(ViewRgb(image), grey, cv::COLOR_RGB2GRAY);
  cv::equalizeHist(grey, grey);
  return grey;
}

}  // namespace

absl::StatusOr<std::string> ReadFaceCascade(FileSystem& file_system, absl::Span<const std::string> folders) {
  std::vector<std::string> candidates(folders.begin(), folders.end());
  candidates.insert(candidates.end(), std::begin(kSystemFolders), std::end(kSystemFolders));
  for (const std::string& folder : candidates) {
    const std::string path = absl::StrCat(folder, "/", kFaceCascadeFile);
    if (file_system.Exists(path)) return file_system.ReadFile(path);
  }
  return WithReason(absl::FailedPreconditionError(
                        absl::StrCat("the server has no ", kFaceCascadeFile, ", which finds the faces (looked in ",
                                     absl::StrJoin(candidates, ", "), "): install the package opencv-data on it")),
                    "CASCADE_MISSING");
}

struct FaceFinder::State {
  cv::CascadeClassifier cascade;
};

FaceFinder::FaceFinder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FaceFinder::~FaceFinder() = default;

absl::StatusOr<std::unique_ptr<FaceFinder>> FaceFinder::Create(const std::string& cascade) {
  KeepOpenCvOnThisThread();
  auto state = std::make_unique<State>();
  try {
    const cv::FileStorage storage(cascade, cv::FileStorage::READ | cv::FileStorage::MEMORY);
    if (!state->cascade.read(storage.getFirstTopLevelNode()) || state->cascade.empty()) return Damaged();
  } catch (const std::exception&) {
    return Damaged();
  }
  return std::unique_ptr<FaceFinder>(new FaceFinder(std::move(state)));
}

std::vector<FaceBox> FaceFinder::Find(const Image& image, double min_share) {
  const int least = static_cast<int>(std::min(image.shape.height, image.shape.width) * min_share);
  std::vector<cv::Rect> found;
  std::vector<int> support;
  state_->cascade.detectMultiScale(EqualisedGrey(image), found, support, kScale, kNeighbours, /*flags=*/0,
                                   {least, least});
  std::vector<FaceBox> faces;
  for (size_t i = 0; i < found.size(); ++i) {
    const int side = std::min(found[i].width, found[i].height);
    faces.push_back({found[i].x, found[i].y, side, support[i]});
  }
  return faces;
}

Image CropFace(const Image& image, const FaceBox& box, double margin, int side) {
  const int border = static_cast<int>(std::lround(margin * box.side));
  cv::Rect wanted(box.x - border, box.y - border, box.side + 2 * border, box.side + 2 * border);
  const cv::Mat all = ViewRgb(image);
  const cv::Rect inside = wanted & cv::Rect(0, 0, all.cols, all.rows);
  cv::Mat face = all(inside);
  if (inside != wanted) {
    cv::copyMakeBorder(face, face, inside.y - wanted.y, wanted.br().y - inside.br().y, inside.x - wanted.x,
                       wanted.br().x - inside.br().x, cv::BORDER_REPLICATE | cv::BORDER_ISOLATED);
  }
  return ResizeToSquare(ImageFromRgb(face), side);
}

}  // namespace facet::model
