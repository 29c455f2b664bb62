// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_IMAGE_FACE_FINDER_H_
#define FACET_MODEL_IMAGE_FACE_FINDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/file_system.h"
#include "model/image/pixels.h"

namespace facet::model {

inline constexpr char kFaceCascadeFile[] = "haarcascade_frontalface_default.xml";

// Text of the cascade: from the first of `folders` that has it, else from where
// the system's package opencv-data puts it. FAILED_PRECONDITION (reason
// CASCADE_MISSING): nowhere; the message says how to get it.
absl::StatusOr<std::string> ReadFaceCascade(FileSystem& file_system, absl::Span<const std::string> folders);

// A square around a face, pixels, within its picture.
struct FaceBox {
  int x = 0;
  int y = 0;
  int side = 0;
  int support = 0;  // places and scales that the cascade took for this face
  bool operator==(const FaceBox&) const = default;
};

// Finds frontal faces as the paper does: OpenCV's default frontal Haar cascade
// on the equalised grey picture, scale 1.1, 3 neighbours. Not thread-safe: one
// for each thread; about 1 MiB.
class FaceFinder {
 public:
  // FAILED_PRECONDITION (reason CASCADE_DAMAGED): `cascade` is no cascade.
  static absl::StatusOr<std::unique_ptr<FaceFinder>> Create(const std::string& cascade);
  ~FaceFinder();

  // Faces whose side is at least `min_share` of the shorter side of `image`,
  // which has 3 channels, in no order. Blocks for the time of the search, which
  // grows with the inverse square of `min_share`: the smallest scales cost most.
  // The scales searched are the same whatever `min_share`, so that a face well
  // above it has the same box.
  std::vector<FaceBox> Find(const Image& image, double min_share);

 private:
  struct State;
  explicit FaceFinder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// `side` x `side` pixels of the box grown by `margin` times its side on each
// side; beyond the edge the last pixels are repeated. Area filter when
// shrinking, cubic when growing. `box` lies within `image`, `margin` is in
// [0, 1].
Image CropFace(const Image& image, const FaceBox& box, double margin, int side);

}  // namespace facet::model

#endif  // FACET_MODEL_IMAGE_FACE_FINDER_H_
