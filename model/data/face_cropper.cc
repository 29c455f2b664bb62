// SPDX-License-Identifier: Apache-2.0
#include "model/data/face_cropper.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

// A side of the cascade's window, 24 pixels, of a picture of 1200.
constexpr float kLeastShare = 0.02f;

bool IsWithin(float value, float low, float high) { return value >= low && value <= high; }  // false for NaN

// More support is better, then a larger face; position decides the rest, so
// that the choice does not hang on the order.
bool IsBetter(const FaceBox& a, const FaceBox& b) {
  return std::tuple(a.support, a.side, b.x, b.y) > std::tuple(b.support, b.side, a.x, a.y);
}

}  // namespace

absl::Status ValidateFaceCrop(const v1::FaceCrop& options) {
  if (options.min_share() != 0 && !IsWithin(options.min_share(), kLeastShare, 1)) {
    return InvalidField(
        "min_share", "OUT_OF_RANGE",
        absl::StrCat("must be in [", kLeastShare, ", 1], or 0 for the default, not ", options.min_share()));
  }
  if (IsWithin(options.margin(), 0, 1)) return absl::OkStatus();
  return InvalidField("margin", "OUT_OF_RANGE", absl::StrCat("must be in [0, 1], not ", options.margin()));
}

absl::StatusOr<std::unique_ptr<FaceCropper>> FaceCropper::Create(const std::string& cascade,
                                                                 const v1::FaceCrop& options, double min_share) {
  ASSIGN_OR_RETURN(std::unique_ptr<FaceFinder> finder, FaceFinder::Create(cascade));
  v1::FaceCrop filled = options;
  if (filled.min_share() == 0) filled.set_min_share(static_cast<float>(min_share));
  return std::unique_ptr<FaceCropper>(new FaceCropper(std::move(finder), std::move(filled)));
}

absl::StatusOr<Image> FaceCropper::Crop(const Image& image, int side) {
  const std::vector<FaceBox> faces = finder_->Find(image, options_.min_share());
  if (faces.empty()) return WithReason(absl::InvalidArgumentError("no face"), "NO_FACE");
  if (faces.size() > 1 && !options_.best_of_several()) {
    return WithReason(absl::InvalidArgumentError(absl::StrCat("several faces: ", faces.size())), "SEVERAL_FACES");
  }
  return CropFace(image, *std::min_element(faces.begin(), faces.end(), IsBetter), options_.margin(), side);
}

}  // namespace facet::model
