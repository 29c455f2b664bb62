// SPDX-License-Identifier: Apache-2.0
#include "model/augment/class_tuples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"

namespace facet::model {
namespace {

using List = std::vector<std::vector<int64_t>>;

// All tuples that there should be, in lexicographic order, by trying them all.
List ByTrial(int64_t classes, int parents, Across across, bool ordered) {
  List list;
  std::vector<int64_t> tuple(parents);
  while (true) {
    const std::set<int64_t> distinct(tuple.begin(), tuple.end());
    const bool reaches = across == Across::kEither || (across == Across::kNever && distinct.size() == 1) ||
                         (across == Across::kAlways && static_cast<int>(distinct.size()) == parents);
    if (reaches && (ordered || std::is_sorted(tuple.begin(), tuple.end()))) list.push_back(tuple);
    int k = parents - 1;
    while (k >= 0 && ++tuple[k] == classes) tuple[k--] = 0;
    if (k < 0) return list;
  }
}

class ClassTuplesTest : public ::testing::TestWithParam<std::tuple<int, int, Across, bool>> {};

TEST_P(ClassTuplesTest, ListsWhatTrialFinds) {
  const auto [classes, parents, across, ordered] = GetParam();
  const ClassTuples tuples(classes, parents, across, ordered);
  const List wanted = ByTrial(classes, parents, across, ordered);
  ASSERT_EQ(tuples.size(), static_cast<int64_t>(wanted.size()));
  for (int64_t i = 0; i < tuples.size(); ++i) {
    const ClassTuples::Tuple tuple = tuples.At(i);
    EXPECT_EQ(std::vector<int64_t>(tuple.begin(), tuple.begin() + parents), wanted[i]) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Small, ClassTuplesTest,
                         ::testing::Combine(::testing::Values(1, 2, 3, 5, 7), ::testing::Values(2, 3),
                                            ::testing::Values(Across::kNever, Across::kAlways, Across::kEither),
                                            ::testing::Bool()));

TEST(ClassTuplesLargeTest, ReachesTheLastOfManyWithoutStoringThem) {
  const ClassTuples tuples(65536, 3, Across::kAlways, false);
  EXPECT_EQ(tuples.size(), int64_t{65536} * 65535 / 2 * 65534 / 3);
  EXPECT_EQ(tuples.At(tuples.size() - 1), (ClassTuples::Tuple{65533, 65534, 65535}));
  EXPECT_EQ(ClassTuples(65536, 3, Across::kEither, true).size(), int64_t{1} << 48);
}

}  // namespace
}  // namespace facet::model
