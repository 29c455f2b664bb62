// SPDX-License-Identifier: Apache-2.0
#include "model/augment/batch_sequence.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

constexpr int kMaxReaders = 65536;

// `index` of `count`, 0 of which means 1.
absl::Status CheckPlace(int index, absl::string_view index_field, int count, absl::string_view count_field) {
  if (count < 0 || count > kMaxReaders) {
    return InvalidField(count_field, "OUT_OF_RANGE",
                        absl::StrCat(count_field, " ", count, " must lie in [0, ", kMaxReaders, "]"));
  }
  if (index >= 0 && index < std::max(1, count)) return absl::OkStatus();
  return InvalidField(index_field, "OUT_OF_RANGE",
                      absl::StrCat(index_field, " ", index, " must lie in [0, ", std::max(1, count), "), as ",
                                   count_field, " is ", count));
}

absl::Status CheckEpochs(const v1::StreamSpec& spec) {
  Mistakes mistakes;
  if (spec.epochs() < -1) {
    mistakes.Add(InvalidField("epochs", "OUT_OF_RANGE", "epochs must be at least 1, 0 for 1, or -1 for no end"));
  }
  if (spec.first_epoch() < 0 ||
      spec.first_epoch() > std::numeric_limits<int64_t>::max() - std::max<int64_t>(1, spec.epochs())) {
    mistakes.Add(InvalidField("first_epoch", "OUT_OF_RANGE",
                              "first_epoch must be at least 0, and first_epoch + epochs below 2^63"));
  }
  return mistakes.ToStatus();
}

}  // namespace

absl::Status BatchSequence::Check(const v1::StreamSpec& spec) {
  Mistakes mistakes;
  mistakes.Add(CheckPlace(spec.rank(), "rank", spec.world_size(), "world_size"));
  mistakes.Add(CheckPlace(spec.worker(), "worker", spec.workers(), "workers"));
  mistakes.Add(CheckEpochs(spec));
  return mistakes.ToStatus();
}

absl::StatusOr<BatchSequence> BatchSequence::Create(const v1::StreamSpec& spec, int64_t batches_per_epoch) {
  RETURN_IF_ERROR(Check(spec));
  BatchSequence sequence;
  sequence.batches_ = batches_per_epoch;
  sequence.drop_ = spec.last_batch() == v1::LAST_BATCH_DROP;
  sequence.rank_ = spec.rank();
  sequence.world_size_ = std::max(1, spec.world_size());
  sequence.worker_ = spec.worker();
  sequence.workers_ = std::max(1, spec.workers());
  if (spec.epochs() >= 0) sequence.end_epoch_ = spec.first_epoch() + std::max<int64_t>(1, spec.epochs());
  if (sequence.steps_per_epoch() == 0) {
    return InvalidField("last_batch", "EMPTY_EPOCH",
                        absl::StrCat("an epoch has ", batches_per_epoch, " full batches for ", sequence.world_size_,
                                     " ranks, and DROP leaves nothing; make batches smaller, repeat, or use FILL"));
  }
  sequence.Resume({spec.first_epoch(), 0});
  return sequence;
}

int64_t BatchSequence::StepsFrom(int64_t batch) const {
  const int64_t left = batches_ - batch;
  return drop_ ? left / world_size_ : (left + world_size_ - 1) / world_size_;
}

StreamPosition BatchSequence::Advance(StreamPosition position, int64_t steps) const {
  const int64_t left = StepsFrom(position.batch);
  if (steps < left) return {position.epoch, position.batch + steps * world_size_};
  steps -= left;
  const int64_t per_epoch = steps_per_epoch();
  return {position.epoch + 1 + steps / per_epoch, steps % per_epoch * world_size_};
}

void BatchSequence::Resume(const StreamPosition& position) { next_ = Advance(position, worker_); }

std::optional<SequencedBatch> BatchSequence::Next() {
  if (end_epoch_.has_value() && next_.epoch >= *end_epoch_) return std::nullopt;
  SequencedBatch taken;
  taken.epoch = next_.epoch;
  taken.batch = next_.batch + rank_;
  taken.filler = taken.batch >= batches_;
  taken.content = taken.batch % batches_;
  taken.after = Advance(next_, 1);
  next_ = Advance(next_, workers_);
  taken.epoch_end = next_.epoch != taken.epoch;
  return taken;
}

}  // namespace facet::model
