// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_BATCH_SEQUENCE_H_
#define FACET_MODEL_AUGMENT_BATCH_SEQUENCE_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::model {

// Where the next step of a stream begins: all batches before it have been sent.
struct StreamPosition {
  int64_t epoch = 0;
  int64_t batch = 0;
  bool operator==(const StreamPosition&) const = default;
};

// One batch of one reader.
struct SequencedBatch {
  int64_t epoch = 0;
  int64_t batch = 0;    // in the epoch's global sequence; from batches_per_epoch on: filler
  int64_t content = 0;  // the batch whose images it has, in [0, batches_per_epoch)
  bool filler = false;
  bool epoch_end = false;  // the reader's last of this epoch
  StreamPosition after;    // where the step after this one begins, for all ranks
};

// Which batches of the global sequence one reader takes, and in what order. A
// step is `world_size` batches that follow one another; rank r takes the r-th.
// Not thread-safe.
class BatchSequence {
 public:
  // The spec's ranks, workers and epochs. INVALID_ARGUMENT with the field paths:
  // out of range.
  static absl::Status Check(const v1::StreamSpec& spec);

  // From the spec's ranks, workers, epochs and last_batch. Begins at
  // `first_epoch`. INVALID_ARGUMENT with the field paths: as Check says, or
  // nothing is left of an epoch (reason EMPTY_EPOCH).
  static absl::StatusOr<BatchSequence> Create(const v1::StreamSpec& spec, int64_t batches_per_epoch);

  // Steps of a whole epoch: batches of each rank, filler included.
  int64_t steps_per_epoch() const { return StepsFrom(0); }

  // Goes on at `position`, whose batch lies in [0, batches_per_epoch).
  void Resume(const StreamPosition& position);

  // nullopt after the last. Constant time.
  std::optional<SequencedBatch> Next();

 private:
  BatchSequence() = default;
  // Steps of an epoch from one that begins at `batch` on.
  int64_t StepsFrom(int64_t batch) const;
  StreamPosition Advance(StreamPosition position, int64_t steps) const;

  int64_t batches_ = 0;
  bool drop_ = false;
  int64_t rank_ = 0, world_size_ = 1;
  int64_t worker_ = 0, workers_ = 1;
  std::optional<int64_t> end_epoch_;
  StreamPosition next_;  // of this reader
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_BATCH_SEQUENCE_H_
