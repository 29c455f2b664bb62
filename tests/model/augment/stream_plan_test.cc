// SPDX-License-Identifier: Apache-2.0
#include "model/augment/stream_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/base/status_is.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

const FeatureSchema kSchema = FaceSchema(6, 3);

absl::StatusOr<StreamPlan> TryMake(const std::string& text, std::optional<RealImages> real = std::nullopt) {
  return StreamPlan::Create(FromText<v1::StreamSpec>(text), kSchema, 4096, std::move(real));
}
StreamPlan Make(const std::string& text, std::optional<RealImages> real = std::nullopt) {
  return TryMake(text, std::move(real)).value();
}

// Ten real images, of p0 to p5 in turn, e0.
RealImages TenReal() {
  static const std::vector<std::vector<uint16_t>> labels = [] {
    std::vector<std::vector<uint16_t>> rows;
    for (uint16_t i = 0; i < 10; ++i) rows.push_back({static_cast<uint16_t>(i % 6), 0});
    return rows;
  }();
  return RealImages::Create({}, kSchema, kSchema, 10, [](int64_t i) { return absl::MakeConstSpan(labels[i]); }).value();
}

struct Seen {
  PlannedImage image;
  std::vector<float> dense;
};

Seen At(const StreamPlan& plan, int64_t epoch, int64_t batch, int offset, int attempt = 0) {
  Seen seen;
  seen.dense.resize(kSchema.total_classes());
  seen.image = plan.Plan(epoch, batch, offset, attempt, absl::MakeSpan(seen.dense));
  return seen;
}

std::vector<Seen> Epoch(const StreamPlan& plan, int64_t epoch) {
  std::vector<Seen> all;
  for (int64_t batch = 0; batch < plan.batches_per_epoch(); ++batch) {
    for (int i = 0; i < plan.ImagesOf(batch); ++i) all.push_back(At(plan, epoch, batch, i));
  }
  return all;
}

std::vector<int64_t> Indices(const std::vector<Seen>& images) {
  std::vector<int64_t> indices;
  for (const Seen& seen : images) indices.push_back(seen.image.index);
  return indices;
}

std::vector<int64_t> Sorted(std::vector<int64_t> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<int64_t> UpTo(int64_t count) {
  std::vector<int64_t> values(count);
  for (int64_t i = 0; i < count; ++i) values[i] = i;
  return values;
}

TEST(StreamPlanTest, EveryEpochHasEveryCombinationOnceInAnOrderOfItsOwn) {
  const StreamPlan plan = Make("batch_size: 4 recipe { repeats: 3 }");
  ASSERT_EQ(plan.images_per_epoch(), 54);
  ASSERT_EQ(plan.batches_per_epoch(), 14);
  std::set<std::vector<int64_t>> orders;
  for (int64_t epoch = 0; epoch < 5; ++epoch) {
    const std::vector<int64_t> indices = Indices(Epoch(plan, epoch));
    EXPECT_EQ(Sorted(indices), UpTo(54));
    orders.insert(indices);
  }
  EXPECT_EQ(orders.size(), 5u);
}

TEST(StreamPlanTest, UnshuffledComesInOrder) {
  EXPECT_EQ(Indices(Epoch(Make("recipe { shuffle: false }"), 2)), UpTo(18));
}

TEST(StreamPlanTest, TheShuffleSeedOrdersAndTheAugmentationSeedDraws) {
  const std::string recipe =
      "recipe { features { feature: 'identity' pairs { beta: 0.5 } } "
      "transforms { brightness { min: -1 max: 1 } square: 1 square: 2 square: 3 square: 4 } } ";
  const auto base = Epoch(Make(recipe + "shuffle_seed: 1 augmentation_seed: 1"), 0);
  const auto shuffled = Epoch(Make(recipe + "shuffle_seed: 2 augmentation_seed: 1"), 0);
  const auto redrawn = Epoch(Make(recipe + "shuffle_seed: 1 augmentation_seed: 2"), 0);
  EXPECT_EQ(Indices(base), Indices(redrawn));
  EXPECT_NE(Indices(base), Indices(shuffled));
  std::map<int64_t, std::vector<float>> by_index;
  std::map<int64_t, ImageChange> change_by_index;
  for (const Seen& seen : base) {
    by_index[seen.image.index] = seen.dense;
    change_by_index[seen.image.index] = seen.image.change;
  }
  for (const Seen& seen : shuffled) {
    EXPECT_EQ(seen.dense, by_index[seen.image.index]);
    EXPECT_EQ(seen.image.change, change_by_index[seen.image.index]);
  }
  int changed = 0;
  for (const Seen& seen : redrawn) changed += !(seen.image.change == change_by_index[seen.image.index]);
  EXPECT_EQ(changed, static_cast<int>(redrawn.size()));
}

TEST(StreamPlanTest, AnImageDoesNotDependOnWhatWasAskedBefore) {
  const std::string text = "batch_size: 5 recipe { features { feature: 'identity' pairs { beta: 0.5 } } }";
  const StreamPlan plan = Make(text);
  const auto forward = Epoch(plan, 7);
  const StreamPlan fresh = Make(text);
  for (int64_t i = plan.images_per_epoch() - 1; i >= 0; --i) {
    const Seen seen = At(fresh, 7, i / 5, static_cast<int>(i % 5));
    EXPECT_EQ(seen.image.index, forward[i].image.index);
    EXPECT_EQ(seen.dense, forward[i].dense);
  }
}

TEST(StreamPlanTest, TheLastBatchIsShortFullOrLeftOut) {
  const StreamPlan partial = Make("batch_size: 4"), drop = Make("batch_size: 4 last_batch: LAST_BATCH_DROP"),
                   fill = Make("batch_size: 4 last_batch: LAST_BATCH_FILL");
  EXPECT_EQ(partial.batches_per_epoch(), 5);
  EXPECT_EQ(partial.ImagesOf(4), 2);
  EXPECT_EQ(drop.batches_per_epoch(), 4);
  EXPECT_EQ(fill.batches_per_epoch(), 5);
  EXPECT_EQ(fill.ImagesOf(4), 4);
  EXPECT_EQ(At(fill, 3, 4, 2).image.index, At(fill, 3, 0, 0).image.index);
  EXPECT_EQ(At(fill, 3, 4, 3).dense, At(fill, 3, 0, 1).dense);
}

TEST(StreamPlanTest, RealImagesComeAtTheirShareInEveryBatch) {
  const StreamPlan plan = Make("batch_size: 9 recipe { real { share: 0.3333 } }", TenReal());
  EXPECT_EQ(plan.rendered_per_epoch(), 18);
  EXPECT_EQ(plan.real_per_epoch(), 9);
  for (int64_t batch = 0; batch < 3; ++batch) {
    int real = 0;
    for (int i = 0; i < 9; ++i) real += At(plan, 0, batch, i).image.real;
    EXPECT_EQ(real, 3);
  }
}

TEST(StreamPlanTest, RenderedOnesAreTheSameWithAndWithoutRealOnes) {
  const auto with = Epoch(Make("recipe { real { share: 0.5 } }", TenReal()), 2);
  const auto without = Epoch(Make(""), 2);
  std::vector<int64_t> rendered;
  for (const Seen& seen : with) {
    if (!seen.image.real) rendered.push_back(seen.image.index);
  }
  EXPECT_EQ(rendered, Indices(without));
}

TEST(StreamPlanTest, EachRealImageComesOnceBeforeAnyComesAgain) {
  const StreamPlan plan = Make("recipe { real { share: 0.25 } }", TenReal());
  ASSERT_EQ(plan.real_per_epoch(), 6);
  std::vector<int64_t> order;
  for (int64_t epoch = 0; epoch < 5; ++epoch) {
    for (const Seen& seen : Epoch(plan, epoch)) {
      if (!seen.image.real) continue;
      order.push_back(seen.image.index);
      EXPECT_EQ(seen.dense[seen.image.index % 6], 1) << "the label is not the image's";
      EXPECT_EQ(seen.dense[6], 1);
    }
  }
  ASSERT_EQ(order.size(), 30u);
  for (int round = 0; round < 3; ++round) {
    const std::vector<int64_t> part(order.begin() + 10 * round, order.begin() + 10 * (round + 1));
    EXPECT_EQ(Sorted(part), UpTo(10));
  }
}

TEST(StreamPlanTest, AReplacementIsAnotherImageAndAlwaysTheSame) {
  const StreamPlan plan = Make("recipe { transforms { brightness { min: -1 max: 1 } } }");
  std::set<int64_t> indices;
  std::set<float> brightness;
  for (int attempt = 0; attempt < 16; ++attempt) {
    const Seen seen = At(plan, 1, 0, 3, attempt);
    EXPECT_EQ(At(plan, 1, 0, 3, attempt).dense, seen.dense);
    indices.insert(seen.image.index);
    brightness.insert(seen.image.change.photometric.brightness);
  }
  EXPECT_GT(indices.size(), 5u);
  EXPECT_EQ(brightness.size(), 16u);
}

TEST(StreamPlanTest, RealImagesThatAreLeftOutHaveHadTheirTurn) {
  // 27 images an epoch, of them 9 real; the last 7, of them 3 real, are left out.
  const std::string recipe = "batch_size: 10 recipe { real { share: 0.3333 } } ";
  const StreamPlan all = Make(recipe, TenReal()), drop = Make(recipe + "last_batch: LAST_BATCH_DROP", TenReal());
  ASSERT_EQ(drop.batches_per_epoch(), 2);
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    for (int i = 0; i < 20; ++i) {
      const PlannedImage sent = At(drop, epoch, i / 10, i % 10).image, planned = At(all, epoch, i / 10, i % 10).image;
      EXPECT_EQ(sent.real, planned.real);
      EXPECT_EQ(sent.index, planned.index);
    }
  }
  // Only so does each come once before any comes again.
  std::vector<int64_t> first_ten;
  for (int i = 0; i < 27; ++i) {
    if (At(all, 0, i / 10, i % 10).image.real) first_ten.push_back(At(all, 0, i / 10, i % 10).image.index);
  }
  first_ten.push_back(At(drop, 1, 0, 2).image.index);
  EXPECT_EQ(Sorted(first_ten), UpTo(10));
}

TEST(StreamPlanTest, NoiseIsOfTheImage) {
  const StreamPlan plan = Make("recipe { real { share: 0.5 } }", TenReal());
  std::set<uint64_t> numbers;
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    for (const Seen& seen : Epoch(plan, epoch)) numbers.insert(plan.NoiseOf(seen.image).NextUint64());
  }
  EXPECT_EQ(numbers.size(), 72u);
}

TEST(StreamPlanTest, RefusalsNameTheField) {
  const std::vector<std::tuple<std::string, std::string, std::string>> refused = {
      {"batch_size: -1", "batch_size", "OUT_OF_RANGE"},
      {"batch_size: 5000", "batch_size", "OUT_OF_RANGE"},
      {"last_batch: 9", "last_batch", "UNKNOWN_VALUE"},
      {"labels: 0", "labels[0]", "UNKNOWN_LABEL_FORM"},
      {"labels: LABEL_FORM_SOFT labels: LABEL_FORM_SOFT", "labels[1]", "DUPLICATE_LABEL_FORM"},
      {"recipe { features { feature: 'identity' pairs { beta: 0 } } }", "recipe.features[0].pairs.beta", "BAD_RATIO"},
      {"recipe { transforms { noise { min: 1 max: 0 } } }", "recipe.transforms.noise", "OUT_OF_RANGE"},
      {"recipe { real { share: 1 } }", "recipe.real.share", "OUT_OF_RANGE"},
      {"recipe { real { } }", "recipe.real.share", "OUT_OF_RANGE"},
      {"recipe { repeats: 2000000000 real { share: 0.99999994 } }", "recipe.real.share", "TOO_MANY_IMAGES"},
      {"recipe { repeats: -3 }", "recipe.repeats", "OUT_OF_RANGE"},
  };
  for (const auto& [text, field, reason] : refused) {
    EXPECT_THAT(TryMake(text, TenReal()), IsBadField(field, reason)) << text;
  }
}

}  // namespace
}  // namespace facet::model
