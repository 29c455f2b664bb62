// SPDX-License-Identifier: Apache-2.0
#include "model/train/mix_partners.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace facet::model {
namespace {

// Labels with the class of the feature moved to the end: images alike but for
// the feature share all but the last element.
using Key = std::vector<uint16_t>;

Key MakeKey(absl::Span<const uint16_t> labels, int feature) {
  Key key(labels.begin(), labels.end());
  std::rotate(key.begin() + feature, key.begin() + feature + 1, key.end());
  return key;
}

bool SameGroup(const Key& a, const Key& b) { return std::equal(a.begin(), a.end() - 1, b.begin()); }

}  // namespace

MixPartners::MixPartners(const Dataset& dataset, absl::Span<const int64_t> images, int feature)
    : places_(images.size()) {
  std::vector<Key> keys;
  keys.reserve(images.size());
  for (const int64_t image : images) keys.push_back(MakeKey(dataset.labels(image), feature));
  std::vector<uint32_t> order(images.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return keys[a] < keys[b]; });

  const auto run_end = [&](uint32_t begin, auto same) {
    uint32_t end = begin + 1;
    while (end < order.size() && same(keys[order[begin]], keys[order[end]])) ++end;
    return end;
  };
  Place place;
  for (uint32_t i = 0; i < order.size(); ++i) {
    if (i == place.group_end) {
      place.group_begin = i;
      place.group_end = run_end(i, SameGroup);
    }
    if (i == place.own_end) {
      place.own_begin = i;
      place.own_end = run_end(i, [](const Key& a, const Key& b) { return a == b; });
    }
    places_[order[i]] = place;
    sorted_.push_back(images[order[i]]);
  }
}

std::optional<int64_t> MixPartners::Draw(size_t position, CounterRandom& random) const {
  const Place& place = places_[position];
  const uint32_t own = place.own_end - place.own_begin;
  const uint32_t others = place.group_end - place.group_begin - own;
  if (others == 0) return std::nullopt;
  uint32_t chosen = place.group_begin + static_cast<uint32_t>(random.NextBelow(others));
  if (chosen >= place.own_begin) chosen += own;
  return sorted_[chosen];
}

}  // namespace facet::model
