// SPDX-License-Identifier: Apache-2.0
#include "client/cli/stream_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facet::cli {
namespace {

int64_t Wanted(int64_t epochs, int64_t most, int64_t steps = 10) {
  v1::StreamSpec spec;
  spec.set_epochs(epochs);
  v1::DescribeStreamResponse described;
  described.set_steps_per_epoch(steps);
  return BatchesToRead(spec, described, most);
}

TEST(BatchesToReadTest, AreThoseOfTheEpochsAndNoMoreThanWanted) {
  EXPECT_EQ(Wanted(0, 0), 10);
  EXPECT_EQ(Wanted(3, 0), 30);
  EXPECT_EQ(Wanted(3, 7), 7);
  EXPECT_EQ(Wanted(3, 70), 30);
}

TEST(BatchesToReadTest, AStreamWithoutEndHasNoBoundOfItsOwn) {
  EXPECT_EQ(Wanted(-1, 0), 0);
  EXPECT_EQ(Wanted(-1, 7), 7);
}

TEST(SoftLabelsTest, AreFloatsInTheOrderOfTheBytes) {
  const float weights[] = {0.25f, 0.75f};
  v1::StreamBatchesResponse batch;
  batch.mutable_labels()->set_soft(weights, sizeof(weights));
  EXPECT_THAT(SoftLabels(batch), testing::ElementsAre(0.25f, 0.75f));
}

TEST(TotalClassesTest, CountsThoseOfAllFeatures) {
  v1::FeatureSchema schema;
  schema.add_features()->add_classes("red");
  schema.add_features()->add_classes("a");
  schema.mutable_features(1)->add_classes("b");
  EXPECT_EQ(TotalClasses(schema), 3);
}

}  // namespace
}  // namespace facet::cli
