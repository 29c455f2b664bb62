// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_FACE_CROPPER_H_
#define FACET_MODEL_DATA_FACE_CROPPER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/dataset.pb.h"
#include "model/image/face_finder.h"
#include "model/image/pixels.h"

namespace facet::model {

// INVALID_ARGUMENT with the field path below the options.
absl::Status ValidateFaceCrop(const v1::FaceCrop& options);

// Cuts the one face out of pictures. Not thread-safe: one for each thread.
class FaceCropper {
 public:
  // `options` were validated; `min_share` stands in where they name none.
  // FAILED_PRECONDITION: `cascade` is damaged.
  static absl::StatusOr<std::unique_ptr<FaceCropper>> Create(const std::string& cascade, const v1::FaceCrop& options,
                                                             double min_share);

  // The face of `image`, `side` x `side` pixels. INVALID_ARGUMENT (reason
  // NO_FACE or SEVERAL_FACES): there is not exactly one.
  absl::StatusOr<Image> Crop(const Image& image, int side);

 private:
  FaceCropper(std::unique_ptr<FaceFinder> finder, v1::FaceCrop options)
      : finder_(std::move(finder)), options_(std::move(options)) {}

  std::unique_ptr<FaceFinder> finder_;
  v1::FaceCrop options_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_FACE_CROPPER_H_
