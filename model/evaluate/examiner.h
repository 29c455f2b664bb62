// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_EXAMINER_H_
#define FACET_MODEL_EVALUATE_EXAMINER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "model/data/dataset.h"
#include "model/evaluate/evaluate.h"
#include "model/evaluate/judge.h"
#include "model/evaluate/question.h"
#include "model/render/renderer.h"

namespace facet::model {

// How often the judge was right, by question.
struct Tally {
  explicit Tally(size_t questions) : right(questions) {}
  double share(size_t question) const { return seen == 0 ? 0.0 : static_cast<double>(right[question]) / seen; }

  void Add(const Tally& other) {
    for (size_t q = 0; q < right.size(); ++q) right[q] += other.right[q];
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
  // Float32 NHWC, as they were rendered elsewhere.
  void Load(std::vector<float> pixels) { pixels_ = std::move(pixels); }
  // float32 NHWC.
  const std::vector<float>& pixels() const { return pixels_; }

  // One for all questions that images are scored by.
  Tally NewTally() const { return Tally(questions_.size()); }
  // Judges the batch and counts where the judge says what the labels of
  // `images`, one for each of the batch, say.
  absl::Status Score(absl::Span<const int64_t> images, Tally* tally);
  // What the judge said of image `i` of the batch: one for each class of the
  // feature.
  absl::Span<const float> probabilities(size_t i, int feature) const;

  // Of the features that the judge knows but for `skipped`, an index; none where
  // no synthetic image was scored.
  std::vector<FeatureAccuracy> Accuracies(const Tally& synthetic, const Tally& real, int skipped = -1) const;

  // Of all timed renders; 0 where there was none.
  double images_per_second() const;

 private:
  const Dataset& dataset_;
  const FeatureSchema& schema_;
  const std::vector<Question> questions_;
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
