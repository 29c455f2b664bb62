// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_IMAGE_JUDGE_H_
#define FACET_SERVER_CORE_STREAMS_IMAGE_JUDGE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/features/schema.h"
#include "model/image/pixels.h"

namespace facet::server {

// The classifier of a model version, for filters. Holds the version for as long
// as it lives. Thread-safe.
class ImageJudge {
 public:
  virtual ~ImageJudge() = default;

  // `models/judge@1`, and the digest of its weights.
  virtual const std::string& name() const = 0;
  virtual const std::string& digest() const = 0;
  virtual const model::FeatureSchema& schema() const = 0;
  // Height and width of the images that it takes.
  virtual int image_size() const = 0;
  // Whether it was taught this feature of its schema.
  virtual bool Knows(int feature) const = 0;

  // Writes class probabilities of `count` images, float32 NHWC of `shape`, which
  // is image_size() high and wide, in [0, 1], into `probabilities`, [count,
  // schema().total_classes()]; a pure function of each image. Blocks while it
  // computes.
  virtual absl::Status Classify(absl::Span<const float> images, const model::ImageShape& shape, int count,
                                absl::Span<float> probabilities) = 0;
};

// The judge of a model version, alias or model, loaded if need be. Errors as
// ModelRegistry::Acquire's; FAILED_PRECONDITION: it has no classifier.
using JudgeProvider =
    std::function<absl::StatusOr<std::shared_ptr<ImageJudge>>(absl::string_view model, absl::string_view field)>;

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_IMAGE_JUDGE_H_
