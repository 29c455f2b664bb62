// SPDX-License-Identifier: Apache-2.0
#include "base/even_choice.h"

#include <algorithm>
#include <map>

#include "gmock/gmock.h"

namespace facet {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::Pair;
using testing::SizeIs;

// Of `examples` of 10 digits each, every one in 3 colours and 4 rotations, in
// the order in which digits are imported.
std::vector<EvenCandidate> Digits(int examples) {
  std::vector<EvenCandidate> candidates;
  for (int digit = 0; digit < 10; ++digit) {
    for (int i = 0; i < examples * 12; ++i) {
      const std::vector<int> classes = {digit, i / 4 % 3, i % 4};
      candidates.push_back({classes, classes});
    }
  }
  return candidates;
}

// How often each class of a feature was chosen.
std::map<int, int> CountsOf(const std::vector<EvenCandidate>& candidates, const std::vector<size_t>& chosen,
                            int feature) {
  std::map<int, int> counts;
  for (const size_t i : chosen) ++counts[candidates[i].classes[feature]];
  return counts;
}

TEST(ChooseEvenlyTest, ClassesOfEveryFeatureComeEquallyOftenWhateverThePeriod) {
  const auto candidates = Digits(10);
  const auto chosen = ChooseEvenly(candidates, 24);
  EXPECT_THAT(chosen, SizeIs(24));
  EXPECT_THAT(CountsOf(candidates, chosen, 0), AllOf(SizeIs(10), Each(Pair(testing::_, AllOf(Ge(2), Le(3))))));
  EXPECT_THAT(CountsOf(candidates, chosen, 1), Each(Pair(testing::_, AllOf(Ge(7), Le(9)))));
  EXPECT_THAT(CountsOf(candidates, chosen, 2), Each(Pair(testing::_, AllOf(Ge(5), Le(7)))));
}

TEST(ChooseEvenlyTest, EverySubjectComesOnceAsItIsPreferredBeforeOneComesAgain) {
  std::vector<EvenCandidate> faces;
  for (int person = 0; person < 3; ++person) {
    for (int turn = 0; turn < 4; ++turn) faces.push_back({{person, turn}, {person}, turn == 2 ? 0 : 1});
  }
  auto chosen = ChooseEvenly(faces, 3);
  std::sort(chosen.begin(), chosen.end());
  EXPECT_THAT(chosen, ElementsAre(2, 6, 10));
  chosen = ChooseEvenly(faces, 6);
  EXPECT_THAT(CountsOf(faces, chosen, 0), Each(Pair(testing::_, 2)));
  EXPECT_THAT(CountsOf(faces, chosen, 1), SizeIs(4)) << "then in every other turn";
}

TEST(ChooseEvenlyTest, WhatIsThereTwiceComesTwiceOnlyWhereNothingElseIsLeft) {
  const std::vector<EvenCandidate> candidates = {{{0}, {0}}, {{0}, {0}}, {{1}, {0}}, {{2}, {2}}};
  auto chosen = ChooseEvenly(candidates, 3);
  std::sort(chosen.begin(), chosen.end());
  EXPECT_THAT(chosen, ElementsAre(0, 2, 3));
  EXPECT_THAT(ChooseEvenly(candidates, 9), SizeIs(4)) << "at most all";
}

TEST(ChooseEvenlyTest, NothingIsChosenOfNothing) {
  EXPECT_THAT(ChooseEvenly({}, 3), IsEmpty());
  EXPECT_THAT(ChooseEvenly(Digits(1), 0), IsEmpty());
}

}  // namespace
}  // namespace facet
