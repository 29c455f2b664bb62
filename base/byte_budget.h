// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_BYTE_BUDGET_H_
#define FACET_BASE_BYTE_BUDGET_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace facet {

// Memory that many threads share: who wants more than is left waits until others
// give theirs back. Thread-safe.
class ByteBudget {
 public:
  // What one has taken, given back at its end. Not thread-safe; the budget
  // outlives it.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() { ReduceTo(0); }

    int64_t bytes() const { return bytes_; }
    // Gives back what is over `bytes`.
    void ReduceTo(int64_t bytes);

   private:
    friend class ByteBudget;
    Share(ByteBudget* budget, int64_t bytes) : budget_(budget), bytes_(bytes) {}

    ByteBudget* budget_ = nullptr;
    int64_t bytes_ = 0;
  };

  explicit ByteBudget(int64_t bytes) : all_(bytes), free_(bytes) {}

  // Blocks until `bytes` are free, in the order of the calls: nobody is passed
  // over for ever. More than there is in all is all.
  Share Take(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  // The same without waiting: nothing where they are not free, or others wait.
  std::optional<Share> TryTake(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const int64_t all_;
  absl::Mutex mutex_;
  int64_t free_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t served_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace facet

#endif  // FACET_BASE_BYTE_BUDGET_H_
