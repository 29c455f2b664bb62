// SPDX-License-Identifier: Apache-2.0
#include "model/train/analogies.h"

#include <algorithm>
#include <initializer_list>
#include <tuple>

namespace facet::model {
namespace {

// Of the images that are compared for one analogy, so that a step waits a
// fraction of a millisecond: teachers, evenly from all, and images of each.
constexpr size_t kMostTeachers = 512;
constexpr size_t kMostImages = 8;

using Key = std::vector<uint16_t>;

// Labels but for some features.
Key KeyBut(absl::Span<const uint16_t> labels, std::initializer_list<int> features) {
  Key key(labels.begin(), labels.end());
  for (const int feature : features) key[feature] = 0;
  return key;
}

// The number of a key, the next one where it has none yet.
uint32_t NumberOf(std::map<Key, uint32_t>& numbers, Key key) {
  return numbers.emplace(std::move(key), static_cast<uint32_t>(numbers.size())).first->second;
}

}  // namespace

Analogies::Analogies(const Dataset& dataset, absl::Span<const int64_t> images, int other, int changed, int neighbours)
    : neighbours_(neighbours), images_(images.begin(), images.end()) {
  CollectRows(dataset, other, changed);
  CollectTeachers();
  CollectCells(dataset.info().schema.features()[changed].classes.size());
  if (!empty()) thumbnails_ = Thumbnails(dataset, images_);
}

void Analogies::CollectRows(const Dataset& dataset, int other, int changed) {
  std::map<Key, uint32_t> rows;
  std::map<Key, uint32_t> contexts;
  for (uint32_t position = 0; position < images_.size(); ++position) {
    const absl::Span<const uint16_t> labels = dataset.labels(images_[position]);
    const uint32_t number = NumberOf(rows, KeyBut(labels, {changed}));
    if (number == rows_.size()) rows_.push_back({NumberOf(contexts, KeyBut(labels, {changed, other})), {}});
    rows_[number].classes[labels[changed]].push_back(position);
  }
  contexts_.resize(contexts.size());
}

void Analogies::CollectTeachers() {
  std::vector<size_t> sizes(contexts_.size());
  std::vector<std::map<Class, size_t>> having(contexts_.size());
  for (const Row& row : rows_) {
    ++sizes[row.context];
    for (const auto& [c, images] : row.classes) ++having[row.context][c];
  }
  for (uint32_t number = 0; number < rows_.size(); ++number) {
    const Row& row = rows_[number];
    for (const auto& [shown, images] : row.classes) {
      if (having[row.context][shown] == sizes[row.context]) continue;  // nobody lacks it
      for (const auto& [start, others] : row.classes) {
        if (start != shown) contexts_[row.context][{shown, start}].push_back(number);
      }
    }
  }
}

void Analogies::CollectCells(size_t classes) {
  for (uint32_t row = 0; row < rows_.size(); ++row) {
    const std::map<Class, Positions>& seen = rows_[row].classes;
    for (size_t c = 0; c < classes; ++c) {
      const Cell cell{row, static_cast<Class>(c)};
      if (seen.count(cell.missing) > 0) continue;
      const auto taught = [&](const auto& start) { return TeachersOf(cell, start.first) != nullptr; };
      if (std::any_of(seen.begin(), seen.end(), taught)) cells_.push_back(cell);
    }
  }
}

const std::vector<uint32_t>* Analogies::TeachersOf(const Cell& cell, Class start) const {
  const Teachers& teachers = contexts_[rows_[cell.row].context];
  const auto found = teachers.find({cell.missing, start});
  return found == teachers.end() ? nullptr : &found->second;
}

std::vector<std::pair<uint32_t, uint32_t>> Analogies::MostAlike(const Cell& cell, Class start, uint32_t own) const {
  const std::vector<uint32_t>& teachers = *TeachersOf(cell, start);
  const size_t looked_at = std::min(teachers.size(), kMostTeachers);
  std::vector<std::tuple<int64_t, uint32_t, uint32_t>> found;  // by distance
  for (size_t i = 0; i < looked_at; ++i) {
    const uint32_t row = teachers[i * teachers.size() / looked_at];
    const Positions& images = rows_[row].classes.at(start);
    std::tuple<int64_t, uint32_t, uint32_t> best(thumbnails_.Distance(own, images[0]), row, images[0]);
    for (size_t k = 1; k < std::min(images.size(), kMostImages); ++k) {
      best = std::min(best, {thumbnails_.Distance(own, images[k]), row, images[k]});
    }
    found.push_back(best);
  }
  const size_t kept = std::min(found.size(), static_cast<size_t>(neighbours_));
  std::partial_sort(found.begin(), found.begin() + kept, found.end());
  std::vector<std::pair<uint32_t, uint32_t>> alike;
  for (size_t i = 0; i < kept; ++i) alike.emplace_back(std::get<1>(found[i]), std::get<2>(found[i]));
  return alike;
}

Analogies::Analogy Analogies::Draw(CounterRandom& random) const {
  const auto one_of = [&](const auto& all) -> const auto& { return all[random.NextBelow(all.size())]; };
  const Cell& cell = one_of(cells_);
  std::vector<std::pair<Class, uint32_t>> starts;
  for (const auto& [start, images] : rows_[cell.row].classes) {
    if (TeachersOf(cell, start) == nullptr) continue;
    for (const uint32_t image : images) starts.emplace_back(start, image);
  }
  const auto [start, own] = one_of(starts);
  const auto [teacher, from] = one_of(MostAlike(cell, start, own));
  const uint32_t to = one_of(rows_[teacher].classes.at(cell.missing));
  return {images_[own], images_[from], images_[to]};
}

}  // namespace facet::model
