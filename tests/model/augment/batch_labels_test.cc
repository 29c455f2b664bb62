// SPDX-License-Identifier: Apache-2.0
#include "model/augment/batch_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;

template <typename T>
std::vector<T> Values(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

const std::vector<v1::LabelForm> kAll = {v1::LABEL_FORM_CLASS, v1::LABEL_FORM_ONE_HOT, v1::LABEL_FORM_SOFT,
                                         v1::LABEL_FORM_PAIR};
// Two images of 3 people and 2 expressions: a mix, then a pure one.
const std::vector<float> kDense = {0.25f, 0, 0.75f, 0, 1, 0, 1, 0, 0.5f, 0.5f};

TEST(BatchLabelsTest, HoldEveryFormThatIsAskedFor) {
  const v1::BatchLabels labels = MakeLabels(FaceSchema(3, 2), kAll, kDense, 2);
  EXPECT_THAT(Values<int32_t>(labels.class_index()), ElementsAre(2, 1, 1, 0));
  EXPECT_THAT(Values<float>(labels.one_hot()), ElementsAre(0, 0, 1, 0, 1, 0, 1, 0, 1, 0));
  EXPECT_EQ(Values<float>(labels.soft()), kDense);
  EXPECT_THAT(Values<int32_t>(labels.pair_class()), ElementsAre(2, 0, 1, 1, 1, 1, 0, 1));
  EXPECT_THAT(Values<float>(labels.pair_weight()), ElementsAre(0.75f, 1, 1, 0.5f));
}

TEST(BatchLabelsTest, HoldNothingElse) {
  const v1::BatchLabels labels = MakeLabels(FaceSchema(3, 2), {v1::LABEL_FORM_CLASS}, kDense, 2);
  EXPECT_FALSE(labels.class_index().empty());
  EXPECT_TRUE(labels.one_hot().empty() && labels.soft().empty() && labels.pair_class().empty());
}

TEST(BatchLabelsTest, TheirSizeIsKnownBefore) {
  for (const v1::LabelForm form : kAll) {
    const v1::BatchLabels labels = MakeLabels(FaceSchema(3, 2), {form}, kDense, 2);
    const size_t bytes = labels.class_index().size() + labels.one_hot().size() + labels.soft().size() +
                         labels.pair_class().size() + labels.pair_weight().size();
    EXPECT_EQ(static_cast<int64_t>(bytes), 2 * LabelBytesPerImage(FaceSchema(3, 2), {form}));
  }
}

}  // namespace
}  // namespace facet::model
