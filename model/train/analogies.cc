// SPDX-License-Identifier: Apache-2.0
#include "model/train/analogies.h"

#include <algorithm>
#include <map>
#include <utility>

namespace facet::model {
namespace {

constexpr int kThumb = 8;             // images are compared by 8 x 8 means
constexpr size_t kMostLooked = 1024;  // of those who may be alike: bounds the time

using Thumbnail = std::vector<float>;

Thumbnail Shrink(const Dataset& dataset, int64_t image) {
  const ImageShape& shape = dataset.info().shape;
  const uint8_t* pixel = dataset.pixels(image);
  Thumbnail sums(size_t{1} * kThumb * kThumb * shape.channels);
  std::vector<float> counts(sums.size());
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      const int cell = (y * kThumb / shape.height) * kThumb + x * kThumb / shape.width;
      for (int c = 0; c < shape.channels; ++c, ++pixel) {
        sums[cell * shape.channels + c] += *pixel;
        counts[cell * shape.channels + c] += 1;
      }
    }
  }
  for (size_t i = 0; i < sums.size(); ++i) sums[i] /= std::max(1.0f, counts[i]);
  return sums;
}

double Distance(const Thumbnail& a, const Thumbnail& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

// Positions of images that are alike but for the feature.
using Group = std::vector<uint32_t>;

std::vector<Group> GroupsBut(const Dataset& dataset, absl::Span<const int64_t> images, int feature) {
  std::map<std::vector<uint16_t>, Group> groups;
  for (size_t i = 0; i < images.size(); ++i) {
    const auto labels = dataset.labels(images[i]);
    std::vector<uint16_t> key(labels.begin(), labels.end());
    key[feature] = 0;
    groups[std::move(key)].push_back(static_cast<uint32_t>(i));
  }
  std::vector<Group> lists;
  for (auto& [key, group] : groups) lists.push_back(std::move(group));
  return lists;
}

Group AtMost(size_t count, const Group& all) {
  if (all.size() <= count) return all;
  Group some;
  for (size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
  return some;
}

}  // namespace

Analogies::Analogies(const Dataset& dataset, absl::Span<const int64_t> images, int other, int changed, int neighbours)
    : images_(images.begin(), images.end()), changes_(dataset, images, changed), neighbours_(images.size()) {
  std::vector<Thumbnail> thumbnails;
  for (const int64_t image : images) thumbnails.push_back(Shrink(dataset, image));
  for (const Group& group : GroupsBut(dataset, images, other)) {
    Group changing;
    for (const uint32_t position : group) {
      if (changes_.Has(position)) changing.push_back(position);
    }
    changing = AtMost(kMostLooked, changing);
    for (const uint32_t own : group) {
      std::vector<std::pair<double, uint32_t>> alike;
      for (const uint32_t from : changing) {
        if (dataset.labels(images[from])[other] == dataset.labels(images[own])[other]) continue;
        alike.emplace_back(Distance(thumbnails[from], thumbnails[own]), from);
      }
      const size_t kept = std::min(alike.size(), static_cast<size_t>(neighbours));
      std::partial_sort(alike.begin(), alike.begin() + static_cast<std::ptrdiff_t>(kept), alike.end());
      for (size_t i = 0; i < kept; ++i) neighbours_[own].push_back(alike[i].second);
    }
  }
}

std::optional<Analogies::Pair> Analogies::Draw(size_t position, CounterRandom& random) const {
  const std::vector<uint32_t>& alike = neighbours_[position];
  if (alike.empty()) return std::nullopt;
  const uint32_t from = alike[random.NextBelow(alike.size())];
  return Pair{images_[from], *changes_.Draw(from, random)};
}

}  // namespace facet::model
