// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_BATCH_ORDER_H_
#define FACET_MODEL_TRAIN_BATCH_ORDER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/types/span.h"
#include "base/random.h"

namespace facet::model {

// The order in which images are seen: a fresh shuffle each epoch, batches
// running on across the ends of epochs. A pure function of (seed, purpose,
// step), so the data cursor of a run is its step alone. Not thread-safe.
class BatchOrder {
 public:
  // `image_count` and `batch_size` are at least 1.
  BatchOrder(int64_t image_count, int batch_size, uint64_t seed, std::string purpose);

  int batch_size() const { return batch_size_; }

  // Fills `positions`, batch_size() values in [0, image_count), with what
  // step `step`, counted from 0, sees.
  void Positions(int64_t step, absl::Span<int64_t> positions);

 private:
  const IndexPermutation& Shuffle(int64_t epoch);

  int64_t image_count_;
  int batch_size_;
  uint64_t seed_;
  std::string purpose_;
  int64_t epoch_ = -1;
  std::optional<IndexPermutation> shuffle_;  // of `epoch_`
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_BATCH_ORDER_H_
