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

using Key = std::vector<uint16_t>;
using Images = std::vector<int64_t>;

// Of labels, but for the feature.
Key KeyBut(absl::Span<const uint16_t> labels, int feature) {
  Key key(labels.begin(), labels.end());
  key[feature] = 0;
  return key;
}

// Images that are alike but for the feature.
std::map<Key, Images> GroupsBut(const Dataset& dataset, absl::Span<const int64_t> images, int feature) {
  std::map<Key, Images> groups;
  for (const int64_t image : images) groups[KeyBut(dataset.labels(image), feature)].push_back(image);
  return groups;
}

Images AtMost(size_t count, const Images& all) {
  if (all.size() <= count) return all;
  Images some;
  for (size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
  return some;
}

}  // namespace

Analogies::Analogies(const Dataset& dataset, absl::Span<const int64_t> images, int other, int changed, int neighbours) {
  std::map<Key, Images> alike = GroupsBut(dataset, images, other);
  for (auto& [key, group] : alike) group = AtMost(kMostLooked, group);
  const std::map<Key, Images> siblings = GroupsBut(dataset, images, changed);
  std::map<int64_t, Thumbnail> thumbnails;
  for (const int64_t image : images) thumbnails.emplace(image, Shrink(dataset, image));
  const size_t classes = dataset.info().schema.features()[changed].classes.size();
  for (const int64_t own : images) {
    std::vector<bool> seen(classes);
    for (const int64_t image : siblings.at(KeyBut(dataset.labels(own), changed))) {
      seen[dataset.labels(image)[changed]] = true;
    }
    std::vector<std::pair<double, Change>> changes;
    for (const int64_t from : alike.at(KeyBut(dataset.labels(own), other))) {
      if (dataset.labels(from)[other] == dataset.labels(own)[other]) continue;
      Change change{from, {}};
      for (const int64_t to : siblings.at(KeyBut(dataset.labels(from), changed))) {
        if (!seen[dataset.labels(to)[changed]]) change.to.push_back(to);
      }
      if (change.to.empty()) continue;
      changes.emplace_back(Distance(thumbnails.at(from), thumbnails.at(own)), std::move(change));
    }
    if (changes.empty()) continue;
    std::stable_sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    changes.resize(std::min(changes.size(), static_cast<size_t>(neighbours)));
    sources_.push_back({own, {}});
    for (auto& [distance, change] : changes) sources_.back().changes.push_back(std::move(change));
  }
}

std::optional<Analogies::Analogy> Analogies::Draw(CounterRandom& random) const {
  if (sources_.empty()) return std::nullopt;
  const Source& source = sources_[random.NextBelow(sources_.size())];
  const Change& change = source.changes[random.NextBelow(source.changes.size())];
  return Analogy{source.image, change.from, change.to[random.NextBelow(change.to.size())]};
}

}  // namespace facet::model
