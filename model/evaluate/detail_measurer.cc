// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/detail_measurer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/status_macros.h"
#include "model/evaluate/image_quality.h"
#include "model/train/batch.h"

namespace facet::model {
namespace {

using Pixels = absl::Span<const float>;

}  // namespace

DetailMeasurer::DetailMeasurer(const Dataset& dataset, Judge& judge, absl::Span<const int64_t> train,
                               std::vector<int64_t> centred, const std::atomic<bool>& stop)
    : dataset_(dataset),
      schema_(dataset.info().schema),
      samples_(dataset.info().shape.samples()),
      judge_(judge),
      training_(dataset, train),
      centred_(std::move(centred)),
      stop_(stop) {
  for (int f = 0; f < schema_.size(); ++f) {
    centres_.emplace_back(static_cast<int>(schema_.features()[f].classes.size()), judge_.embedding_size(f));
    offsets_.push_back(row_size_);
    row_size_ += judge_.embedding_size(f);
  }
}

absl::Status DetailMeasurer::Prepare(int batch, absl::FunctionRef<void(size_t)> on_progress) {
  for (size_t begin = 0; begin < centred_.size(); begin += batch) {
    if (stop_) return absl::CancelledError("the evaluation was stopped");
    const auto images = absl::MakeConstSpan(centred_).subspan(begin, batch);
    std::vector<float> features;
    RETURN_IF_ERROR(Embed(Load(images), images.size(), &features));
    for (int f = 0; f < schema_.size(); ++f) {
      if (judge_.embedding_size(f) == 0) continue;
      for (size_t i = 0; i < images.size(); ++i) centres_[f].Add(dataset_.labels(images[i])[f], Row(features, i, f));
    }
    on_progress(images.size());
  }
  return absl::OkStatus();
}

absl::Status DetailMeasurer::Add(absl::Span<const int64_t> images, const std::vector<float>& synthetic,
                                 const std::vector<float>& real, Group* group) {
  const size_t count = std::min(images.size(), kMaxImages - static_cast<size_t>(group->images));
  if (count == 0) return absl::OkStatus();
  const ImageShape& shape = dataset_.info().shape;
  for (size_t i = 0; i < count; ++i) {
    const Pixels drawn = Pixels(synthetic).subspan(i * samples_, samples_);
    const Pixels own = Pixels(real).subspan(i * samples_, samples_);
    group->ssim += Ssim(shape, drawn, own).value_or(0);
    group->synthetic_energy += HighFrequencyEnergy(shape, drawn);
    group->real_energy += HighFrequencyEnergy(shape, own);
  }
  ASSIGN_OR_RETURN(const double nearest, SumOfNearest(synthetic, count));
  ASSIGN_OR_RETURN(const double real_nearest, SumOfNearest(real, images.subspan(0, count)));
  group->nearest += nearest;
  group->real_nearest += real_nearest;
  RETURN_IF_ERROR(Embed(synthetic, count, &group->synthetic_features));
  RETURN_IF_ERROR(Embed(real, count, &group->real_features));
  group->labels.insert(group->labels.end(), images.begin(), images.begin() + count);
  group->images += static_cast<int64_t>(count);
  return absl::OkStatus();
}

std::vector<float> DetailMeasurer::Load(absl::Span<const int64_t> images) const {
  std::vector<float> pixels(images.size() * samples_);
  for (size_t i = 0; i < images.size(); ++i) ToFloat(dataset_.pixels(images[i]), samples_, &pixels[i * samples_]);
  return pixels;
}

absl::Status DetailMeasurer::Embed(const std::vector<float>& pixels, size_t count, std::vector<float>* features) {
  if (row_size_ == 0) return absl::OkStatus();
  const size_t before = features->size();
  features->resize(before + count * row_size_);
  return judge_.Embed(pixels.data(), static_cast<int>(count), features->data() + before);
}

Pixels DetailMeasurer::Row(const std::vector<float>& features, size_t row, int feature) const {
  return Pixels(features).subspan(row * row_size_ + offsets_[feature], judge_.embedding_size(feature));
}

absl::StatusOr<double> DetailMeasurer::SumOfNearest(Pixels synthetic, size_t count) const {
  return SumOfNearest(synthetic, std::vector<int64_t>(count, NeighbourSearch::kNone));
}

absl::StatusOr<double> DetailMeasurer::SumOfNearest(Pixels pixels, absl::Span<const int64_t> themselves) const {
  ASSIGN_OR_RETURN(const std::vector<double> distances, training_.Distances(pixels, themselves, stop_));
  return std::accumulate(distances.begin(), distances.end(), 0.0);
}

FeatureLikeness DetailMeasurer::LikenessOf(int feature, const Group& group) const {
  FeatureLikeness likeness;
  likeness.feature = schema_.features()[feature].name;
  for (size_t i = 0; i < group.labels.size(); ++i) {
    const Pixels synthetic = Row(group.synthetic_features, i, feature);
    const Pixels real = Row(group.real_features, i, feature);
    const int own = dataset_.labels(group.labels[i])[feature];
    likeness.cosine += Cosine(synthetic, real);
    likeness.rank_one += centres_[feature].Nearest(synthetic) == own;
    likeness.real_rank_one += centres_[feature].Nearest(real) == own;
  }
  const auto count = static_cast<double>(group.labels.size());
  likeness.cosine /= count;
  likeness.rank_one /= count;
  likeness.real_rank_one /= count;
  return likeness;
}

ImageMeasures DetailMeasurer::Finish(const Group& group) const {
  ImageMeasures measures;
  if (group.images == 0) return measures;
  const auto count = static_cast<double>(group.images);
  measures.ssim = group.ssim / count;
  if (group.real_energy > 0) measures.high_frequency_ratio = group.synthetic_energy / group.real_energy;
  measures.nearest_distance = group.nearest / count;
  measures.real_nearest_distance = group.real_nearest / count;
  measures.kernel_distance =
      PairedKernelDistance(group.synthetic_features, group.real_features, static_cast<int>(row_size_));
  for (int f = 0; f < schema_.size(); ++f) {
    if (judge_.embedding_size(f) > 0) measures.likeness.push_back(LikenessOf(f, group));
  }
  return measures;
}

}  // namespace facet::model
