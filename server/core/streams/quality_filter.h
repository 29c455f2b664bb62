// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_QUALITY_FILTER_H_
#define FACET_SERVER_CORE_STREAMS_QUALITY_FILTER_H_

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "facet/v1/augmentation.pb.h"
#include "model/features/schema.h"
#include "model/image/pixels.h"
#include "server/core/streams/image_judge.h"

namespace facet::server {

// Whether rendered images are good enough, as v1.QualityFilter says: a pure
// function of each image and its feature vector. Thread-safe.
class QualityFilter {
 public:
  enum class Verdict { kKept, kNotSharp, kNotBelieved };

  // Of a stream whose images have `schema` and `shape`. `own_model` judges
  // where the recipe names nobody. INVALID_ARGUMENT with the field paths below
  // the filter; errors of `judges`; FAILED_PRECONDITION: a judge has not the
  // feature's classes (reason SCHEMA_MISMATCH), or takes images of another size
  // (SHAPE_MISMATCH, with the field path). UNIMPLEMENTED: `judges` is null and
  // one is needed.
  static absl::StatusOr<QualityFilter> Create(const v1::QualityFilter& recipe, const model::FeatureSchema& schema,
                                              const model::ImageShape& shape, absl::string_view own_model,
                                              const JudgeProvider& judges);

  // Replacements tried for a place, in [0, 16].
  int attempts() const { return attempts_; }
  // Judges by version and weights, for the stream's identity.
  std::string judges() const;
  // Their versions, one for each confidence of the recipe: `models/judge@1`.
  std::vector<std::string> judge_versions() const;

  // `images`: `count` of the stream's `shape`, float32 NHWC; `dense`: their feature
  // vectors, one after the other. Blocks while judges compute.
  absl::StatusOr<std::vector<Verdict>> Judge(absl::Span<const float> images, const model::ImageShape& shape,
                                             absl::Span<const float> dense, int count) const;

 private:
  struct Belief {
    std::shared_ptr<ImageJudge> judge;
    int offset = 0;        // of the feature in the stream's vectors
    int judge_offset = 0;  // and in the judge's
    int classes = 0;
    float min = 0;
  };
  QualityFilter() = default;
  absl::Status AddBelief(const v1::ConfidenceFilter& recipe, const model::FeatureSchema& schema,
                         const model::ImageShape& shape, absl::string_view own_model, const JudgeProvider& judges);

  int attempts_ = 3;
  bool sharpness_ = false;
  double min_sharpness_ = 0;
  double max_sharpness_ = std::numeric_limits<double>::infinity();
  std::vector<Belief> beliefs_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_QUALITY_FILTER_H_
