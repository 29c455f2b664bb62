// SPDX-License-Identifier: Apache-2.0
#include "model/augment/batch_sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/base/status_is.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

using Batch = std::pair<int64_t, int64_t>;  // epoch and number in it

struct Readers {
  int world_size = 1;
  int workers = 1;
};

BatchSequence Make(v1::LastBatch last, int64_t batches, int64_t epochs, int rank, Readers readers, int worker = 0) {
  v1::StreamSpec spec;
  spec.set_last_batch(last);
  spec.set_epochs(epochs);
  spec.set_rank(rank);
  spec.set_world_size(readers.world_size);
  spec.set_worker(worker);
  spec.set_workers(readers.workers);
  return BatchSequence::Create(spec, batches).value();
}

// All ranks of a stream, each read by its workers in turn, from `from` on for
// `steps` steps or to the end. Every step is read from all ranks.
struct Read {
  std::vector<Batch> batches;  // in global order, without filler
  StreamPosition after;
  bool ended = false;
};

Read ReadAll(v1::LastBatch last, int64_t batches, int64_t epochs, Readers readers, StreamPosition from, int64_t steps) {
  std::vector<std::vector<BatchSequence>> ranks;
  for (int rank = 0; rank < readers.world_size; ++rank) {
    ranks.emplace_back();
    for (int worker = 0; worker < readers.workers; ++worker) {
      ranks.back().push_back(Make(last, batches, epochs, rank, readers, worker));
      ranks.back().back().Resume(from);
    }
  }
  Read read{{}, from, false};
  for (int64_t step = 0; step < steps; ++step) {
    int ended = 0;
    StreamPosition after;
    for (int rank = 0; rank < readers.world_size; ++rank) {
      const auto batch = ranks[rank][step % readers.workers].Next();
      if (!batch.has_value()) {
        ++ended;
        continue;
      }
      if (rank == 0) after = batch->after;
      EXPECT_EQ(batch->after, after) << "tokens of the ranks differ";
      EXPECT_EQ(batch->filler, batch->batch >= batches);
      EXPECT_EQ(batch->content, batch->batch % batches);
      if (!batch->filler) read.batches.emplace_back(batch->epoch, batch->batch);
    }
    EXPECT_TRUE(ended == 0 || ended == readers.world_size) << "ranks have not as many batches";
    read.ended = ended > 0;
    if (read.ended) return read;
    read.after = after;
  }
  return read;
}

std::vector<Batch> Whole(int64_t batches, int64_t epochs) {
  std::vector<Batch> whole;
  for (int64_t e = 0; e < epochs; ++e) {
    for (int64_t b = 0; b < batches; ++b) whole.emplace_back(e, b);
  }
  return whole;
}

TEST(BatchSequenceTest, OneReaderTakesEveryBatch) {
  const Read read = ReadAll(v1::LAST_BATCH_PARTIAL, 7, 3, {}, {}, 1000);
  EXPECT_EQ(read.batches, Whole(7, 3));
  EXPECT_TRUE(read.ended);
  EXPECT_EQ(read.after, (StreamPosition{3, 0}));
}

TEST(BatchSequenceTest, AllReadersTogetherTakeEveryBatchOnceInOrder) {
  for (const int64_t batches : {1, 2, 7, 12}) {
    for (const int world_size : {1, 2, 3, 5, 16}) {
      for (const int workers : {1, 2, 4}) {
        const Read read = ReadAll(v1::LAST_BATCH_FILL, batches, 3, {world_size, workers}, {}, 1000);
        EXPECT_EQ(read.batches, Whole(batches, 3)) << batches << " " << world_size << " " << workers;
        EXPECT_TRUE(read.ended);
      }
    }
  }
}

TEST(BatchSequenceTest, DropLeavesOutWhatDoesNotFillAStep) {
  const Read read = ReadAll(v1::LAST_BATCH_DROP, 7, 2, {3, 2}, {}, 1000);
  EXPECT_THAT(read.batches,
              ::testing::ElementsAre(Batch{0, 0}, Batch{0, 1}, Batch{0, 2}, Batch{0, 3}, Batch{0, 4}, Batch{0, 5},
                                     Batch{1, 0}, Batch{1, 1}, Batch{1, 2}, Batch{1, 3}, Batch{1, 4}, Batch{1, 5}));
}

// The property that trainers rely on: however often it is cut, and whoever
// reads afterwards, the sequence is the uncut one.
TEST(BatchSequenceTest, AnyCutsAndChangesOfReadersGiveTheUncutSequence) {
  for (uint64_t trial = 0; trial < 2000; ++trial) {
    CounterRandom random(11, "cuts", trial);
    const int64_t batches = 1 + static_cast<int64_t>(random.NextBelow(30));
    const int64_t epochs = 1 + static_cast<int64_t>(random.NextBelow(4));
    std::vector<Batch> all;
    StreamPosition position;
    for (bool ended = false; !ended;) {
      const Readers readers{1 + static_cast<int>(random.NextBelow(6)), 1 + static_cast<int>(random.NextBelow(5))};
      const auto steps = static_cast<int64_t>(random.NextBelow(9));
      const Read read = ReadAll(v1::LAST_BATCH_PARTIAL, batches, epochs, readers, position, steps);
      all.insert(all.end(), read.batches.begin(), read.batches.end());
      position = read.after;
      ended = read.ended;
    }
    ASSERT_EQ(all, Whole(batches, epochs)) << "trial " << trial;
  }
}

TEST(BatchSequenceTest, EndOfAnEpochIsMarkedForEachReader) {
  for (const int workers : {1, 2, 3, 9}) {
    for (int worker = 0; worker < workers; ++worker) {
      BatchSequence sequence = Make(v1::LAST_BATCH_FILL, 5, 3, 1, {2, workers}, worker);
      std::map<int64_t, int64_t> last;
      std::vector<SequencedBatch> taken;
      while (const auto batch = sequence.Next()) taken.push_back(*batch);
      for (size_t i = 0; i < taken.size(); ++i) {
        EXPECT_EQ(taken[i].epoch_end, i + 1 == taken.size() || taken[i + 1].epoch != taken[i].epoch);
      }
    }
  }
}

TEST(BatchSequenceTest, GoesOnWithoutEndAndReachesFarEpochsAtOnce) {
  BatchSequence sequence = Make(v1::LAST_BATCH_FILL, 10, -1, 1, {4, 1});
  sequence.Resume({int64_t{1} << 40, 8});
  const SequencedBatch batch = *sequence.Next();
  EXPECT_EQ(batch.epoch, int64_t{1} << 40);
  EXPECT_EQ(batch.batch, 9);
  EXPECT_TRUE(batch.epoch_end);
  EXPECT_EQ(batch.after, (StreamPosition{(int64_t{1} << 40) + 1, 0}));
}

TEST(BatchSequenceTest, BeginsAtTheFirstEpochAndEndsAfterTheEpochsFromThereOn) {
  v1::StreamSpec spec;
  spec.set_first_epoch(5);
  spec.set_epochs(2);
  BatchSequence sequence = BatchSequence::Create(spec, 3).value();
  EXPECT_EQ(sequence.Next()->epoch, 5);
  sequence.Resume({6, 2});
  EXPECT_EQ(sequence.Next()->epoch, 6);
  EXPECT_FALSE(sequence.Next().has_value());
}

TEST(BatchSequenceTest, RefusalsNameTheField) {
  const auto make = [](const std::string& text, int64_t batches = 8) {
    return BatchSequence::Create(FromText<v1::StreamSpec>(text), batches);
  };
  EXPECT_THAT(make("rank: 1"), IsBadField("rank", "OUT_OF_RANGE"));
  EXPECT_THAT(make("rank: -1 world_size: 2"), IsBadField("rank", "OUT_OF_RANGE"));
  EXPECT_THAT(make("world_size: -1"), IsBadField("world_size", "OUT_OF_RANGE"));
  EXPECT_THAT(make("world_size: 70000"), IsBadField("world_size", "OUT_OF_RANGE"));
  EXPECT_THAT(make("worker: 4 workers: 4"), IsBadField("worker", "OUT_OF_RANGE"));
  EXPECT_THAT(make("workers: -4"), IsBadField("workers", "OUT_OF_RANGE"));
  EXPECT_THAT(make("epochs: -2"), IsBadField("epochs", "OUT_OF_RANGE"));
  EXPECT_THAT(make("first_epoch: -1"), IsBadField("first_epoch", "OUT_OF_RANGE"));
  EXPECT_THAT(make("first_epoch: 9223372036854775807"), IsBadField("first_epoch", "OUT_OF_RANGE"));
  EXPECT_THAT(make("last_batch: LAST_BATCH_DROP world_size: 9"), IsBadField("last_batch", "EMPTY_EPOCH"));
  EXPECT_THAT(make("last_batch: LAST_BATCH_DROP", 0), IsBadField("last_batch", "EMPTY_EPOCH"));
}

}  // namespace
}  // namespace facet::model
