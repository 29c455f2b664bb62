// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/examiner.h"

#include <algorithm>

#include "base/status_macros.h"
#include "model/train/batch.h"

namespace facet::model {
namespace {

constexpr PixelFormat kFloatPixels{PixelType::kFloat32, PixelLayout::kNhwc};

}  // namespace

Examiner::Examiner(const Dataset& dataset, Renderer& renderer, Judge& judge, Clock& clock, int timed_batch)
    : dataset_(dataset),
      schema_(dataset.info().schema),
      samples_(dataset.info().shape.samples()),
      renderer_(renderer),
      judge_(judge),
      clock_(clock),
      timed_batch_(timed_batch) {}

std::vector<float> Examiner::FeatureVectors(absl::Span<const int64_t> images) const {
  std::vector<float> dense(images.size() * schema_.total_classes());
  for (size_t i = 0; i < images.size(); ++i) {
    const auto labels = dataset_.labels(images[i]);
    for (int f = 0; f < schema_.size(); ++f) {
      dense[i * schema_.total_classes() + schema_.offset(f) + labels[f]] = 1.0f;
    }
  }
  return dense;
}

absl::Status Examiner::Render(absl::Span<const float> dense, int count) {
  pixels_.resize(count * samples_);
  const absl::Time begin = clock_.Now();
  RETURN_IF_ERROR(renderer_.Render(dense, count, kFloatPixels, pixels_.data()));
  if (count == timed_batch_) {
    render_time_ += clock_.Now() - begin;
    timed_images_ += count;
  }
  return absl::OkStatus();
}

void Examiner::LoadReal(absl::Span<const int64_t> images) {
  pixels_.resize(images.size() * samples_);
  for (size_t i = 0; i < images.size(); ++i) ToFloat(dataset_.pixels(images[i]), samples_, &pixels_[i * samples_]);
}

absl::Status Examiner::Score(absl::Span<const int64_t> images, Tally* tally) {
  probabilities_.resize(images.size() * schema_.total_classes());
  RETURN_IF_ERROR(judge_.Classify(pixels_.data(), static_cast<int>(images.size()), probabilities_.data()));
  for (size_t i = 0; i < images.size(); ++i) {
    const auto labels = dataset_.labels(images[i]);
    for (int f = 0; f < schema_.size(); ++f) {
      const float* first = &probabilities_[i * schema_.total_classes() + schema_.offset(f)];
      const float* best = std::max_element(first, first + schema_.features()[f].classes.size());
      tally->right[f] += best - first == labels[f];
    }
  }
  tally->seen += static_cast<int64_t>(images.size());
  return absl::OkStatus();
}

double Examiner::images_per_second() const {
  const double seconds = absl::ToDoubleSeconds(render_time_);
  return seconds > 0 ? static_cast<double>(timed_images_) / seconds : 0;
}

}  // namespace facet::model
