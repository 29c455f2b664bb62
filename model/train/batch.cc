// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/random.h"

namespace facet::model {
namespace {

// The weight of the partner in a blend. Ratios near 0 and 1 teach nothing that
// the pure images do not.
constexpr double kLowestRatio = 0.3;
constexpr double kHighestRatio = 0.7;

// Sets the one-hot feature vector of `labels`.
void WriteOneHot(const FeatureSchema& schema, absl::Span<const uint16_t> labels, float* dense) {
  std::fill_n(dense, schema.total_classes(), 0.0f);
  for (int f = 0; f < schema.size(); ++f) dense[schema.offset(f) + labels[f]] = 1.0f;
}

}  // namespace

void ToFloat(const uint8_t* pixels, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<float>(pixels[i]) / 255.0f;
}

BatchMaker::BatchMaker(BatchMakerOptions options)
    : options_(std::move(options)),
      order_(static_cast<int64_t>(options_.images.size()), options_.batch_size, options_.seed, options_.purpose),
      positions_(options_.batch_size) {
  mixed_rows_ = static_cast<int>(std::lround(options_.mix_share * options_.batch_size));
  if (options_.mix_feature < 0) mixed_rows_ = 0;
  if (mixed_rows_ > 0) {
    partners_ = std::make_unique<MixPartners>(*options_.dataset, options_.images, options_.mix_feature);
  }
}

void BatchMaker::Make(int step, Batch* batch) {
  const Dataset& dataset = *options_.dataset;
  const FeatureSchema& schema = dataset.info().schema;
  const size_t samples = dataset.info().shape.samples();
  const size_t classes = schema.total_classes();
  batch->step = step;
  batch->size = options_.batch_size;
  batch->images.resize(batch->size * samples);
  batch->labels.resize(batch->size * classes);
  order_.Positions(step, absl::MakeSpan(positions_));
  for (int i = 0; i < batch->size; ++i) {
    const int64_t image = options_.images[positions_[i]];
    ToFloat(dataset.pixels(image), samples, &batch->images[i * samples]);
    WriteOneHot(schema, dataset.labels(image), &batch->labels[i * classes]);
  }
  if (mixed_rows_ > 0) Mix(batch);
}

void BatchMaker::Mix(Batch* batch) {
  const Dataset& dataset = *options_.dataset;
  const FeatureSchema& schema = dataset.info().schema;
  const size_t samples = dataset.info().shape.samples();
  batch->mixed_images = batch->images;
  batch->mixed_labels = batch->labels;
  for (int i = 0; i < mixed_rows_; ++i) {
    CounterRandom random(options_.seed, "mix", uint64_t{1} * batch->step * batch->size + i);
    const std::optional<int64_t> partner = partners_->Draw(positions_[i], random);
    if (!partner.has_value()) continue;
    const float ratio =
        static_cast<float>(kLowestRatio + (kHighestRatio - kLowestRatio) * random.NextDouble());
    float* pixels = &batch->mixed_images[i * samples];
    const uint8_t* other = dataset.pixels(*partner);
    for (size_t k = 0; k < samples; ++k) {
      pixels[k] += ratio * (static_cast<float>(other[k]) / 255.0f - pixels[k]);
    }
    const int offset = schema.offset(options_.mix_feature);
    float* labels = &batch->mixed_labels[i * schema.total_classes() + offset];
    const auto own = dataset.labels(options_.images[positions_[i]])[options_.mix_feature];
    labels[own] = 1.0f - ratio;
    labels[dataset.labels(*partner)[options_.mix_feature]] = ratio;
  }
}

}  // namespace facet::model
