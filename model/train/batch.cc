// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "base/random.h"

namespace facet::model {

void WriteOneHot(const FeatureSchema& schema, absl::Span<const uint16_t> labels, float* dense) {
  std::fill_n(dense, schema.total_classes(), 0.0f);
  for (int f = 0; f < schema.size(); ++f) dense[schema.offset(f) + labels[f]] = 1.0f;
}

void ToFloat(const uint8_t* pixels, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<float>(pixels[i]) / 255.0f;
}

BatchMaker::BatchMaker(BatchMakerOptions options)
    : options_(std::move(options)),
      order_(static_cast<int64_t>(options_.images.size()), options_.batch_size, options_.seed, options_.purpose),
      positions_(options_.batch_size) {
  if (options_.mix_feature < 0) return;
  const auto rows = [&](double share) { return static_cast<int>(std::lround(share * options_.batch_size)); };
  mixed_rows_ = rows(options_.mix_share);
  if (mixed_rows_ > 0) {
    partners_ = std::make_unique<MixPartners>(*options_.dataset, options_.images, options_.mix_feature);
  }
  if (options_.analogy_feature < 0) return;
  analogous_rows_ = std::min(rows(options_.analogy_share), options_.batch_size - mixed_rows_);
  if (analogous_rows_ > 0) {
    analogies_ = std::make_unique<Analogies>(*options_.dataset, options_.images, options_.mix_feature,
                                             options_.analogy_feature, options_.analogy_neighbours);
    if (analogies_->empty()) analogous_rows_ = 0;
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
  if (mixed_rows_ + analogous_rows_ == 0) return;
  batch->target_images = batch->images;
  batch->target_labels = batch->labels;
  for (int i = 0; i < mixed_rows_; ++i) Mix(batch, i);
  for (int i = mixed_rows_; i < mixed_rows_ + analogous_rows_; ++i) Change(batch, i);
}

std::vector<double> BatchMaker::DrawWeights(CounterRandom& random) const {
  const double range = options_.mix_ratio_max - options_.mix_ratio_min;
  const auto draw = [&] { return options_.mix_ratio_min + range * random.NextDouble(); };
  if (options_.mix_parents == 2) {
    const double second = draw();
    return {1 - second, second};
  }
  std::vector<double> weights;
  for (int i = 0; i < options_.mix_parents; ++i) weights.push_back(draw());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Adds one parent's pixels and class.
void BatchMaker::Blend(Batch* batch, int row, int64_t image, float weight) const {
  const Dataset& dataset = *options_.dataset;
  const FeatureSchema& schema = dataset.info().schema;
  const size_t samples = dataset.info().shape.samples();
  float* pixels = &batch->target_images[row * samples];
  const uint8_t* parent = dataset.pixels(image);
  for (size_t k = 0; k < samples; ++k) pixels[k] += weight * (static_cast<float>(parent[k]) / 255.0f);
  const int position = schema.offset(options_.mix_feature) + dataset.labels(image)[options_.mix_feature];
  batch->target_labels[row * schema.total_classes() + position] += weight;
}

void BatchMaker::Mix(Batch* batch, int row) const {
  const FeatureSchema& schema = options_.dataset->info().schema;
  const size_t samples = options_.dataset->info().shape.samples();
  const auto classes = static_cast<int>(schema.features()[options_.mix_feature].classes.size());
  CounterRandom random(options_.seed, "mix", uint64_t{1} * batch->step * batch->size + row);
  std::vector<int64_t> parents = {options_.images[positions_[row]]};
  while (static_cast<int>(parents.size()) < options_.mix_parents) {
    const std::optional<int64_t> partner = partners_->Draw(positions_[row], random);
    if (!partner.has_value()) break;
    parents.push_back(*partner);
  }
  if (parents.size() == 1) return;
  const std::vector<double> weights = DrawWeights(random);
  std::fill_n(&batch->target_images[row * samples], samples, 0.0f);
  std::fill_n(&batch->target_labels[row * schema.total_classes() + schema.offset(options_.mix_feature)], classes, 0.0f);
  for (size_t p = 0; p < parents.size(); ++p) Blend(batch, row, parents[p], static_cast<float>(weights[p]));
}

void BatchMaker::Change(Batch* batch, int row) const {
  const Dataset& dataset = *options_.dataset;
  const FeatureSchema& schema = dataset.info().schema;
  const size_t samples = dataset.info().shape.samples();
  CounterRandom random(options_.seed, "analogy", uint64_t{1} * batch->step * batch->size + row);
  const Analogies::Analogy analogy = analogies_->Draw(random);
  float* pixels = &batch->target_images[row * samples];
  const uint8_t* image = dataset.pixels(analogy.image);
  const uint8_t* from = dataset.pixels(analogy.from);
  const uint8_t* to = dataset.pixels(analogy.to);
  for (size_t k = 0; k < samples; ++k) {
    const int changed = int{image[k]} + int{to[k]} - int{from[k]};
    pixels[k] = static_cast<float>(std::clamp(changed, 0, 255)) / 255.0f;
  }
  float* labels = &batch->target_labels[row * schema.total_classes()];
  WriteOneHot(schema, dataset.labels(analogy.image), labels);
  const int feature = options_.analogy_feature;
  labels[schema.offset(feature) + dataset.labels(analogy.image)[feature]] = 0.0f;
  labels[schema.offset(feature) + dataset.labels(analogy.to)[feature]] = 1.0f;
}

}  // namespace facet::model
