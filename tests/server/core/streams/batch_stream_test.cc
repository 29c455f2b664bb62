// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/batch_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "model/augment/photometric.h"
#include "tests/base/status_is.h"
#include "tests/server/core/streams/stream_world.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kSamples = 48;

// Every kind of work at once: mixes, turns, photometric changes, real images, a
// filter that drops some, 16-bit floats.
constexpr char kEverything[] =
    "batch_size: 5 pixel_type: PIXEL_TYPE_FLOAT16 layout: PIXEL_LAYOUT_NCHW shuffle_seed: 3 augmentation_seed: 4 "
    "labels: LABEL_FORM_CLASS labels: LABEL_FORM_SOFT normalization { mean: 0.5 std: 0.25 } "
    "recipe { features { feature: 'shape' triples { dirichlet: 0.7 } } repeats: 4 "
    "  transforms { square: 1 square: 2 square: 7 brightness { min: -0.1 max: 0.1 } noise { min: 0 max: 0.1 } } "
    "  real { dataset: 'real' share: 0.2 } filter { sharpness { min: 1.05 } } } ";

std::vector<float> SoftLabels(const Received& batch) {
  std::vector<float> soft(batch.message.labels().soft().size() / sizeof(float));
  std::memcpy(soft.data(), batch.message.labels().soft().data(), soft.size() * sizeof(float));
  return soft;
}

TEST(BatchStreamTest, EveryImageIsWhatItsLabelSays) {
  StreamWorld world;
  const auto batches = world.ReadAll("batch_size: 3");
  ASSERT_EQ(batches.size(), 3u);
  std::set<std::vector<float>> seen;
  for (const Received& batch : batches) {
    const std::vector<float> soft = SoftLabels(batch);
    const int64_t count = batch.message.images().shape(0);
    ASSERT_EQ(batch.pixels.size(), count * kSamples);
    for (int64_t i = 0; i < count; ++i) {
      const std::vector<float> row(soft.begin() + i * 6, soft.begin() + (i + 1) * 6);
      seen.insert(row);
      const std::vector<uint8_t> wanted = FakeImage(row, {4, 4, 3});
      EXPECT_EQ(batch.pixels.compare(i * kSamples, kSamples, std::string(wanted.begin(), wanted.end())), 0);
    }
  }
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_THAT(batches[0].message.images().shape(), ElementsAre(3, 4, 4, 3));
  EXPECT_EQ(batches[2].message.images().shape(0), 2);
  EXPECT_TRUE(batches[2].message.epoch_end());
  EXPECT_FALSE(batches[1].message.epoch_end());
  EXPECT_EQ(batches[0].message.model_version(), "models/fake@1");
}

TEST(BatchStreamTest, TwoReadersGetTheSameBytes) {
  StreamWorld one, two;
  const auto first = one.ReadAll(std::string(kEverything) + "epochs: 2");
  const auto second = two.ReadAll(std::string(kEverything) + "epochs: 2");
  ASSERT_EQ(first.size(), 16u);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].Bytes(), second[i].Bytes());
    EXPECT_EQ(first[i].message.token(), second[i].message.token());
  }
}

// The promise to trainers: cut anywhere, die in any order, resume at any world
// size with any token of the last common step: the bytes are the uncut ones.
TEST(BatchStreamTest, AnyCutsAndWorldSizesGiveTheUncutBytes) {
  StreamWorld world;
  const std::string spec = std::string(kEverything) + "epochs: 3 ";
  std::vector<std::string> uncut;
  for (const Received& batch : world.ReadAll(spec)) uncut.push_back(batch.Bytes());
  for (uint64_t trial = 0; trial < 40; ++trial) {
    CounterRandom random(5, "cuts", trial);
    std::vector<std::string> pieces;
    std::string token;
    for (bool ended = false; !ended;) {
      const auto world_size = 1 + random.NextBelow(4);
      const auto steps = random.NextBelow(5);
      std::vector<std::vector<Received>> ranks;
      for (uint64_t rank = 0; rank < world_size; ++rank) {
        ranks.push_back(world.ReadAll(absl::StrCat(spec, "rank: ", rank, " world_size: ", world_size), token, steps));
      }
      for (const auto& rank : ranks) ASSERT_EQ(rank.size(), ranks[0].size()) << "ranks have not as many batches";
      for (size_t step = 0; step < ranks[0].size(); ++step) {
        for (const auto& rank : ranks) {
          if (!rank[step].message.filler()) pieces.push_back(rank[step].Bytes());
        }
      }
      ended = ranks[0].size() < steps;
      // Whichever rank is asked, the last step has one token.
      if (!ranks[0].empty()) token = ranks[random.NextBelow(world_size)].back().message.token();
    }
    ASSERT_EQ(pieces, uncut) << "trial " << trial;
  }
}

TEST(BatchStreamTest, FillerRepeatsTheFirstBatches) {
  StreamWorld world;
  const std::string spec = "batch_size: 3 last_batch: LAST_BATCH_FILL ";
  const auto whole = world.ReadAll(spec);
  const auto last = world.ReadAll(spec + "rank: 1 world_size: 2");
  ASSERT_EQ(last.size(), 2u);
  EXPECT_FALSE(last[0].message.filler());
  EXPECT_TRUE(last[1].message.filler());
  EXPECT_EQ(last[1].message.batch_index(), 3);
  EXPECT_EQ(last[1].pixels, whole[0].pixels);
  EXPECT_EQ(whole[2].message.images().shape(0), 3);
}

TEST(BatchStreamTest, KeepsItsModelThroughAliasMovesAndUnloading) {
  StreamWorld world;
  const auto uncut = world.ReadAll("batch_size: 1");
  auto stream = world.Open("batch_size: 1").value();
  std::vector<Received> batches = {ReadBatch(*stream).value()};
  std::weak_ptr<LoadedModel> pinned = world.models.Acquire("fake", "").value();
  world.models.Point("fake", MakeFakeModel("models/fake@2"));
  batches.push_back(ReadBatch(*stream).value());
  world.models.Forget("fake@1");  // unloaded and deleted: the stream alone holds it
  for (int i = 2; i < 8; ++i) batches.push_back(ReadBatch(*stream).value());
  for (size_t i = 0; i < batches.size(); ++i) EXPECT_EQ(batches[i].Bytes(), uncut[i].Bytes());
  EXPECT_THAT(world.Open("batch_size: 1", batches[3].message.token()),
              HasReason(absl::StatusCode::kFailedPrecondition, "TOKEN_OF_OTHER_STREAM"));
  EXPECT_FALSE(pinned.expired());
  stream.reset();
  // A thread may still be on its way out of the last batch, which holds it, too.
  world.factory.reset();
  world.engine.reset();
  EXPECT_TRUE(pinned.expired());
}

TEST(BatchStreamTest, RealImagesAreTheDataSetsOwnThoughItBeDeleted) {
  StreamWorld world;
  auto stream = world.Open("batch_size: 4 recipe { real { dataset: 'real' share: 0.5 } }").value();
  world.datasets.Remove("real");
  std::filesystem::remove_all(world.dir.path() + "/real");
  std::set<int64_t> numbers;
  for (int b = 0; b < 4; ++b) {
    const Received batch = ReadBatch(*stream).value();
    EXPECT_EQ(batch.message.dataset_version(), "datasets/real@1");
    int real = 0;
    for (int i = 0; i < 4; ++i) {
      const v1::Provenance& provenance = batch.message.provenance(i);
      if (provenance.source() != v1::IMAGE_SOURCE_REAL) continue;
      ++real;
      numbers.insert(provenance.index());
      const std::vector<uint8_t> wanted = model::PixelsOf(provenance.index(), {4, 4, 3});
      EXPECT_EQ(batch.pixels.compare(i * kSamples, kSamples, std::string(wanted.begin(), wanted.end())), 0);
      // Image i of the data set has the i-th combination of labels.
      const std::vector<float> soft = SoftLabels(batch);
      EXPECT_EQ(soft[i * 6 + provenance.index() / 2], 1);
      EXPECT_EQ(soft[i * 6 + 4 + provenance.index() % 2], 1);
    }
    EXPECT_EQ(real, 2);
  }
  EXPECT_EQ(numbers.size(), 8u);
}

TEST(BatchStreamTest, TheFilterSendsNoImageThatItDropsAndCountsThem) {
  StreamWorld world;
  int rendered = 0, kept = 0, dropped = 0, replaced = 0, sent = 0;
  const std::string spec =
      "batch_size: 8 recipe { features { feature: 'shape' pairs { beta: 1 } } repeats: 20 "
      "filter { sharpness { min: 0.8 } } }";
  for (const Received& batch : world.ReadAll(spec)) {
    const v1::FilterCounts& counts = batch.message.filter();
    EXPECT_EQ(counts.kept(), batch.message.images().shape(0));
    EXPECT_EQ(counts.rendered(), counts.kept() + counts.dropped_sharpness());
    rendered += counts.rendered();
    kept += counts.kept();
    dropped += counts.dropped_sharpness();
    for (const v1::Provenance& provenance : batch.message.provenance()) replaced += provenance.replaced();
    sent += static_cast<int>(batch.message.images().shape(0));
    std::vector<float> image(kSamples);
    for (int64_t i = 0; i < batch.message.images().shape(0); ++i) {
      for (size_t s = 0; s < kSamples; ++s) image[s] = static_cast<uint8_t>(batch.pixels[i * kSamples + s]) / 255.0f;
      EXPECT_GT(model::Sharpness({4, 4, 3}, image), 0.799);
    }
  }
  EXPECT_EQ(sent, kept);
  EXPECT_GT(dropped, 0);
  EXPECT_GT(kept, 200) << "most of the 240 places are filled";
  EXPECT_GT(replaced, 0);
  EXPECT_EQ(rendered, kept + dropped);
}

TEST(BatchStreamTest, WithoutReplacementsBatchesAreSmaller) {
  StreamWorld world;
  const auto batches = world.ReadAll("batch_size: 8 recipe { filter { sharpness { min: 99 } attempts: 0 } }");
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].message.images().shape(0), 0);
  EXPECT_EQ(batches[0].message.filter().dropped_sharpness(), 8);
  EXPECT_EQ(batches[0].pixels, "");
}

TEST(BatchStreamTest, ProvenanceTellsMixesAndWhatWasDrawn) {
  StreamWorld world;
  const auto batches = world.ReadAll(
      "recipe { features { feature: 'shape' pairs { fixed: 0.25 } } transforms { contrast { min: 1.5 max: 1.5 } } }");
  for (const v1::Provenance& provenance : batches[0].message.provenance()) {
    ASSERT_EQ(provenance.mix_size(), 2);
    EXPECT_EQ(provenance.mix(0).feature(), 0);
    EXPECT_NE(provenance.mix(0).class_index(), provenance.mix(1).class_index());
    EXPECT_FLOAT_EQ(provenance.mix(0).weight() + provenance.mix(1).weight(), 1);
    EXPECT_EQ(provenance.photometric().contrast(), 1.5f);
    EXPECT_EQ(provenance.photometric().saturation(), 1);
  }
}

TEST(BatchStreamTest, ARehearsalOfTheTransportSendsTheFirstPixelsAgain) {
  StreamWorld world;
  const auto real = world.ReadAll("batch_size: 3");
  const auto rehearsed = world.ReadAll("batch_size: 3 rehearsal: REHEARSAL_TRANSPORT");
  ASSERT_EQ(rehearsed.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rehearsed[i].pixels, real[0].pixels);
    EXPECT_EQ(rehearsed[i].message.batch_index(), i);
    EXPECT_EQ(rehearsed[i].message.epoch_end(), i == 2);
    EXPECT_EQ(rehearsed[i].message.labels().soft(), real[0].message.labels().soft());
    EXPECT_EQ(rehearsed[i].message.provenance_size(), 3);
  }
}

TEST(BatchStreamTest, ARehearsalOfRenderingSendsNoPixels) {
  std::atomic<int> rendered{0};
  StreamWorld world([&](int count) {
    rendered += count;
    return absl::OkStatus();
  });
  for (const Received& batch : world.ReadAll("rehearsal: REHEARSAL_RENDER")) EXPECT_EQ(batch.pixels, "");
  EXPECT_EQ(rendered, 8);
}

TEST(BatchStreamTest, RendersOneBatchAheadIfAnotherIsWanted) {
  std::atomic<int> rendered{0};
  StreamWorld world([&](int count) {
    rendered += count;
    return absl::OkStatus();
  });
  auto stream = world.Open("batch_size: 1 epochs: -1").value();
  ASSERT_TRUE(ReadBatch(*stream, false).ok());
  world.engine->Drain(absl::InfiniteFuture());
  EXPECT_EQ(rendered, 1);
}

TEST(BatchStreamTest, RendersNoFurtherThanOneBatchAhead) {
  absl::Mutex mutex;
  int rendered = 0;
  StreamWorld world([&](int count) {
    absl::MutexLock lock(&mutex);
    rendered += count;
    return absl::OkStatus();
  });
  auto stream = world.Open("batch_size: 1 epochs: -1").value();
  ASSERT_TRUE(ReadBatch(*stream, true).ok());
  {
    auto two = [&] { return rendered == 2; };
    absl::MutexLock lock(&mutex, absl::Condition(&two));  // the one ahead, though nobody asked
  }
  world.engine->Drain(absl::InfiniteFuture());
  absl::MutexLock lock(&mutex);
  EXPECT_EQ(rendered, 2);
}

TEST(BatchStreamTest, CancelEndsTheBatchOnItsWayAndAllLaterOnes) {
  absl::Notification rendering, go_on;
  StreamWorld world([&](int) {
    if (!rendering.HasBeenNotified()) rendering.Notify();
    go_on.WaitForNotification();
    return absl::OkStatus();
  });
  auto stream = world.Open("batch_size: 8").value();
  absl::Notification done;
  absl::Status status;
  stream->Next(true, [&](const absl::StatusOr<StreamBatch>& batch) {
    status = batch.status();
    done.Notify();
  });
  rendering.WaitForNotification();
  stream->Cancel();
  go_on.Notify();
  done.WaitForNotification();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_TRUE(absl::IsCancelled(ReadBatch(*stream).status()) || absl::IsOutOfRange(ReadBatch(*stream).status()));
}

// Believes everything, once a test lets it go on.
class HeldJudge final : public ImageJudge {
 public:
  const std::string& name() const override { return name_; }
  const std::string& digest() const override { return name_; }
  const model::FeatureSchema& schema() const override { return schema_; }
  int image_size() const override { return 4; }
  bool Knows(int) const override { return true; }
  absl::Status Classify(absl::Span<const float>, const model::ImageShape&, int count,
                        absl::Span<float> probabilities) override {
    if (!judging.HasBeenNotified()) judging.Notify();
    go_on.WaitForNotification();
    judged += count;
    std::fill(probabilities.begin(), probabilities.end(), 1.0f);
    return absl::OkStatus();
  }

  absl::Notification judging, go_on;
  std::atomic<int> judged{0};

 private:
  const std::string name_ = "models/judge@1";
  const model::FeatureSchema schema_ = MakeFakeModel("any", 4)->schema;
};

TEST(BatchStreamTest, CancelEndsTheJudgingOfABatchAfterAFewImages) {
  auto judge = std::make_shared<HeldJudge>();
  BatchStreamFactoryOptions options;
  options.judges = [&](absl::string_view, absl::string_view) { return judge; };
  StreamWorld world(nullptr, std::move(options));
  auto stream = world
                    .Open(
                        "batch_size: 64 recipe { repeats: 8 filter { confidence { judge: 'judge' feature: 'shape' "
                        "min: 0.5 } } }")
                    .value();
  absl::Notification done;
  absl::Status status;
  stream->Next(false, [&](const absl::StatusOr<StreamBatch>& batch) {
    status = batch.status();
    done.Notify();
  });
  judge->judging.WaitForNotification();
  stream->Cancel();
  judge->go_on.Notify();
  done.WaitForNotification();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_LT(judge->judged, 64);
}

TEST(BatchStreamTest, ABatchIsJudgedInPiecesAndWhole) {
  auto judge = std::make_shared<HeldJudge>();
  judge->go_on.Notify();
  BatchStreamFactoryOptions options;
  options.judges = [&](absl::string_view, absl::string_view) { return judge; };
  StreamWorld world(nullptr, std::move(options));
  const auto batches = world.ReadAll(
      "batch_size: 40 recipe { repeats: 5 filter { confidence { judge: 'judge' feature: 'shape' min: 0.5 } } }");
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].message.filter().kept(), 40);
  EXPECT_EQ(judge->judged, 40);
}

TEST(BatchStreamTest, MayBeDestroyedWithABatchOnItsWay) {
  for (int i = 0; i < 30; ++i) {
    StreamWorld world;
    auto stream = world.Open("batch_size: 64 recipe { repeats: 50 }").value();
    absl::Notification done;
    stream->Next(true, [&](const absl::StatusOr<StreamBatch>&) { done.Notify(); });
    stream.reset();
    done.WaitForNotification();
  }
}

TEST(BatchStreamTest, ManyStreamsShareASmallQueueAndAllEnd) {
  StreamWorld world;
  std::vector<Thread> readers;
  std::atomic<int> images{0};
  for (int r = 0; r < 16; ++r) {
    readers.emplace_back("reader", [&] {
      for (const Received& batch : world.ReadAll("batch_size: 32 recipe { repeats: 16 }")) {
        images += static_cast<int>(batch.message.images().shape(0));
      }
    });
  }
  for (Thread& reader : readers) reader.Join();
  EXPECT_EQ(images, 16 * 128);
}

TEST(BatchStreamTest, AnErrorOfTheEngineIsTheBatchs) {
  StreamWorld world([](int) { return absl::InternalError("the device failed"); });
  EXPECT_THAT(ReadBatch(*world.Open("").value()), IsError(absl::StatusCode::kInternal, HasSubstr("device")));
}

TEST(BatchStreamTest, ABatchThatFindsNoMemoryCostsItsStreamAlone) {
  bool enough = false;  // by the engine's thread, one batch after the other
  StreamWorld world([&](int) -> absl::Status {
    if (!std::exchange(enough, true)) throw std::bad_alloc();
    return absl::OkStatus();
  });
  const auto stream = world.Open("batch_size: 4").value();
  EXPECT_THAT(ReadBatch(*stream, false), HasReason(absl::StatusCode::kResourceExhausted, "OUT_OF_MEMORY"));
  const auto other = world.Open("batch_size: 4").value();
  EXPECT_THAT(ReadBatch(*other), IsOk());
}

TEST(BatchStreamTest, TooManyStreamsAreRefusedForNow) {
  StreamWorld world(nullptr, {.max_streams = 2});
  auto one = world.Open("").value();
  auto two = world.Open("").value();
  const auto three = world.Open("");
  EXPECT_THAT(three, HasReason(absl::StatusCode::kResourceExhausted, "TOO_MANY_STREAMS"));
  EXPECT_TRUE(GetErrorDetail(three.status()).retry_after.has_value());
  two.reset();
  EXPECT_THAT(world.Open(""), IsOk());
}

TEST(BatchStreamTest, DescribesWhatItWouldSend) {
  StreamWorld world;
  v1::DescribeStreamRequest request;
  *request.mutable_spec() = StreamWorld::Start(std::string(kEverything) + "world_size: 3 rank: 2").spec();
  const v1::DescribeStreamResponse described = world.factory->Describe(request).value();
  EXPECT_EQ(described.model_version(), "models/fake@1");
  EXPECT_EQ(described.dataset_version(), "datasets/real@1");
  EXPECT_EQ(described.rendered_per_epoch(), 32);  // 4 triples, 2 colours, 4 times
  EXPECT_EQ(described.real_per_epoch(), 8);
  EXPECT_EQ(described.images_per_epoch(), 40);
  EXPECT_EQ(described.batches_per_epoch(), 8);
  EXPECT_EQ(described.steps_per_epoch(), 3);
  EXPECT_THAT(described.image_shape(), ElementsAre(5, 3, 4, 4));
  EXPECT_EQ(described.total_classes(), 6);
  EXPECT_EQ(described.bytes_per_batch(), 5 * (96 + 2 * 4 + 6 * 4));
  EXPECT_EQ(described.bytes_per_epoch(), 40 * (96 + 2 * 4 + 6 * 4));
  EXPECT_EQ(described.fingerprint().size(), 64u);
}

}  // namespace
}  // namespace facet::server
