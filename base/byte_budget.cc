// SPDX-License-Identifier: Apache-2.0
#include "base/byte_budget.h"

#include <algorithm>

namespace facet {

void ByteBudget::Share::ReduceTo(int64_t bytes) {
  if (bytes >= bytes_) return;
  const absl::MutexLock lock(&budget_->mutex_);
  budget_->free_ += bytes_ - bytes;
  bytes_ = bytes;
}

ByteBudget::Share ByteBudget::Take(int64_t bytes) {
  bytes = std::clamp<int64_t>(bytes, 0, all_);
  const absl::MutexLock lock(&mutex_);
  const uint64_t ticket = next_ticket_++;
  const auto mine = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return served_ == ticket && free_ >= bytes; };
  mutex_.Await(absl::Condition(&mine));
  ++served_;
  free_ -= bytes;
  return Share(this, bytes);
}

std::optional<ByteBudget::Share> ByteBudget::TryTake(int64_t bytes) {
  bytes = std::clamp<int64_t>(bytes, 0, all_);
  const absl::MutexLock lock(&mutex_);
  if (served_ != next_ticket_ || free_ < bytes) return std::nullopt;
  free_ -= bytes;
  return Share(this, bytes);
}

}  // namespace facet
