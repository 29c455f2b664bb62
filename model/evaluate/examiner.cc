// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/examiner.h"

#include "base/status_macros.h"
#include "model/train/batch.h"

namespace facet::model {
namespace {

constexpr PixelFormat kFloatPixels{PixelType::kFloat32, PixelLayout::kNhwc};

}  // namespace

Examiner::Examiner(const Dataset& dataset, Renderer& renderer, Judge& judge, Clock& clock, int timed_batch)
    : dataset_(dataset),
      schema_(dataset.info().schema),
      questions_(QuestionsOf(schema_)),
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
    for (size_t q = 0; q < questions_.size(); ++q) {
      const int feature = questions_[q].feature;
      const int answer = Answer(questions_[q], probabilities(i, feature));
      tally->right[q] += answer == questions_[q].groups[labels[feature]];
    }
  }
  tally->seen += static_cast<int64_t>(images.size());
  return absl::OkStatus();
}

absl::Span<const float> Examiner::probabilities(size_t i, int feature) const {
  return absl::MakeConstSpan(probabilities_)
      .subspan(i * schema_.total_classes() + schema_.offset(feature), schema_.features()[feature].classes.size());
}

std::vector<FeatureAccuracy> Examiner::Accuracies(const Tally& synthetic, const Tally& real, int skipped) const {
  std::vector<FeatureAccuracy> accuracies;
  if (synthetic.seen == 0) return accuracies;
  for (size_t q = 0; q < questions_.size(); ++q) {
    const auto& [feature, part, groups] = questions_[q];
    if (feature == skipped || !judge_.Knows(feature)) continue;
    if (part.empty()) {
      accuracies.push_back({schema_.features()[feature].name, synthetic.share(q), real.share(q), {}});
    } else {
      accuracies.back().parts.push_back({part, synthetic.share(q), real.share(q)});
    }
  }
  return accuracies;
}

double Examiner::images_per_second() const {
  const double seconds = absl::ToDoubleSeconds(render_time_);
  return seconds > 0 ? static_cast<double>(timed_images_) / seconds : 0;
}

}  // namespace facet::model
