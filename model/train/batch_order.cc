// SPDX-License-Identifier: Apache-2.0
#include "model/train/batch_order.h"

#include <utility>

namespace facet::model {

BatchOrder::BatchOrder(int64_t image_count, int batch_size, uint64_t seed, std::string purpose)
    : image_count_(image_count), batch_size_(batch_size), seed_(seed), purpose_(std::move(purpose)) {}

const IndexPermutation& BatchOrder::Shuffle(int64_t epoch) {
  if (epoch != epoch_) {
    shuffle_.emplace(image_count_, seed_, purpose_, epoch);
    epoch_ = epoch;
  }
  return *shuffle_;
}

void BatchOrder::Positions(int64_t step, absl::Span<int64_t> positions) {
  for (int i = 0; i < batch_size_; ++i) {
    const int64_t seen = step * batch_size_ + i;
    positions[i] = static_cast<int64_t>(Shuffle(seen / image_count_)(seen % image_count_));
  }
}

}  // namespace facet::model
