// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_ANALOGIES_H_
#define FACET_MODEL_TRAIN_ANALOGIES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/random.h"
#include "model/data/dataset.h"
#include "model/train/thumbnails.h"

namespace facet::model {

// How cells might look of which there is no image: as A smiles, so P might.
// With the features identity and expression, P happy is such a cell; an analogy
// for it is an image of P, neutral, and two of A, neutral and happy. A is one of
// the people who look most like P there, for what is added to an image pixel by
// pixel must find the mouth where it was. Immutable; thread-safe.
class Analogies {
 public:
  // All images come from `images`, indices of `dataset`, which outlives this.
  // `other` is the index of the feature in which A differs from P (identity),
  // `changed` that in which the two images of A differ (expression).
  // `neighbours`: how many of those most alike are drawn from; at least 1.
  Analogies(const Dataset& dataset, absl::Span<const int64_t> images, int other, int changed, int neighbours);

  // No cell lacks images, or nobody shows how those who lack them might look.
  bool empty() const { return cells_.empty(); }

  struct Analogy {
    int64_t image = 0;
    int64_t from = 0;  // as `image`, but for the class of `other`
    int64_t to = 0;    // as `from`, but for the class of `changed`, of which there is no image as `image` is
  };
  // Each cell, then each image it may start from, each neighbour, and each of
  // its images is equally likely. Not for one that is empty.
  Analogy Draw(CounterRandom& random) const;

 private:
  using Class = uint16_t;
  using Positions = std::vector<uint32_t>;  // in images_
  // Images that differ in `changed` alone.
  struct Row {
    uint32_t context = 0;  // shared with the rows that differ in `other` alone
    std::map<Class, Positions> classes;
  };
  // The rows of a context that have images of two classes: of a cell's, which
  // another row lacks, and of the one that it starts from.
  using Teachers = std::map<std::pair<Class, Class>, std::vector<uint32_t>>;
  struct Cell {
    uint32_t row = 0;
    Class missing = 0;
  };

  void CollectRows(const Dataset& dataset, int other, int changed);
  void CollectTeachers();
  void CollectCells(size_t classes);
  const std::vector<uint32_t>* TeachersOf(const Cell& cell, Class start) const;  // null: none
  // Pairs of a teacher's row and its image of `start` most like `own`.
  std::vector<std::pair<uint32_t, uint32_t>> MostAlike(const Cell& cell, Class start, uint32_t own) const;

  int neighbours_;
  std::vector<int64_t> images_;
  std::vector<Row> rows_;
  std::vector<Teachers> contexts_;
  std::vector<Cell> cells_;
  Thumbnails thumbnails_;  // where there are cells
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_ANALOGIES_H_
