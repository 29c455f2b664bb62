// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_EXAMINER_H_
#define FACET_MODEL_EVALUATE_EXAMINER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "model/data/dataset.h"
#include "model/evaluate/judge.h"
#include "model/render/renderer.h"

namespace facet::model {

// How often the judge was right, by feature.
struct Tally {
  explicit Tally(int features) : right(features) {}
  double share(int feature) const { return seen == 0 ? 0.0 : static_cast<double>(right[feature]) / seen; }

  void Add(const Tally& other) {
    for (size_t f = 0; f < right.size(); ++f) right[f] += other.right[f];
    seen += other.seen;
  }

  std::vector<int64_t> right;
  int64_t seen = 0;
};

// Brings a batch of images, rendered or real, before the judge. Everything
// refers to the batch made last. Not thread-safe.
class Examiner {
 public:
  // All outlive the examiner. Renders of `timed_batch` images are timed.
  Examiner(const Dataset& dataset, Renderer& renderer, Judge& judge, Clock& clock, int timed_batch);

  // One-hot feature vectors of real images, [images, total_classes].
  std::vector<float> FeatureVectors(absl::Span<const int64_t> images) const;

  absl::Status Render(absl::Span<const float> dense, int count);
  void LoadReal(absl::Span<const int64_t> images);
  // float32 NHWC.
  const std::vector<float>& pixels() const { return pixels_; }

  // Judges the batch and counts where the judge says what the labels of
  // `images`, one for each of the batch, say.
  absl::Status Score(absl::Span<const int64_t> images, Tally* tally);
  // What the judge said of image `i` of the batch.
  float probability(size_t i, int feature, int class_index) const {
    return probabilities_[i * schema_.total_classes() + schema_.offset(feature) + class_index];
  }

  // Of all timed renders; 0 where there was none.
  double images_per_second() const;

 private:
  const Dataset& dataset_;
  const FeatureSchema& schema_;
  const size_t samples_;
  Renderer& renderer_;
  Judge& judge_;
  Clock& clock_;
  const int timed_batch_;
  std::vector<float> pixels_;
  std::vector<float> probabilities_;
  int64_t timed_images_ = 0;
  absl::Duration render_time_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_EXAMINER_H_
