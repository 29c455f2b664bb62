// SPDX-License-Identifier: Apache-2.0
#include "model/data/hold_out.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"
#include "tests/proto/from_text.h"

namespace facet::model {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

enum : int { kDigit, kColour, kRotation, kExample };

FeatureSchema Schema(int examples = 20) {
  std::vector<Feature> features = {{"digit", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
                                   {"colour", {"red", "green", "blue"}},
                                   {"rotation", {"0", "90", "180", "270"}},
                                   {"example", {}}};
  for (int i = 0; i < examples; ++i) features[kExample].classes.push_back(absl::StrCat(i));
  return FeatureSchema::Create(features).value();
}

using Rules = std::vector<v1::HoldOutRule>;

v1::HoldOutRule Rule(const std::string& text) { return FromText<v1::HoldOutRule>(text); }

v1::HoldOutRule ColourRule(int count, uint64_t seed = 1) {
  return Rule(
      absl::StrCat("name: 'colour' per: 'digit' per: 'example' missing: 'colour' count: ", count, " seed: ", seed));
}
v1::HoldOutRule RotationRule(int count, uint64_t seed = 1) {
  return Rule(
      absl::StrCat("name: 'rotation' per: 'digit' per: 'example' missing: 'rotation' count: ", count, " seed: ", seed));
}

class HoldOutTest : public testing::Test {
 protected:
  absl::StatusOr<Split> SplitBy(const Rules& rules) { return SplitDataset(*dataset_, rules); }
  uint16_t Label(int64_t image, int feature) { return dataset_->labels(image)[feature]; }

  // Cells that a part holds: (digit, example) and the class lost.
  std::set<std::vector<int>> Cells(const Split::HeldOut& part, int missing) {
    std::set<std::vector<int>> cells;
    for (const int64_t i : part.images) cells.insert({Label(i, kDigit), Label(i, kExample), Label(i, missing)});
    return cells;
  }

  TempDir dir_;
  std::unique_ptr<Dataset> dataset_ = MakeDataset(dir_ / "data", Schema(), AllCombinations(Schema()));
};

TEST_F(HoldOutTest, WithoutRulesAllIsTraining) {
  const Split split = SplitBy({}).value();
  EXPECT_THAT(split.held_out, IsEmpty());
  ASSERT_EQ(split.train.size(), 2400u);
  for (int64_t i = 0; i < 2400; ++i) EXPECT_EQ(split.train[i], i);
}

TEST_F(HoldOutTest, HundredDigitsLoseOneColourInAllRotations) {
  const Split split = SplitBy({ColourRule(100)}).value();
  ASSERT_EQ(split.held_out.size(), 1u);
  EXPECT_EQ(split.held_out[0].rule, "colour");
  EXPECT_EQ(split.held_out[0].images.size(), 400u);
  EXPECT_EQ(split.train.size(), 2000u);
  const auto cells = Cells(split.held_out[0], kColour);
  EXPECT_EQ(cells.size(), 100u);
  std::set<std::pair<int, int>> combinations;
  for (const auto& cell : cells) EXPECT_TRUE(combinations.insert({cell[0], cell[1]}).second) << "two colours lost";
}

TEST_F(HoldOutTest, PartsAreDisjointAscendAndAreAllThereIs) {
  const Split split = SplitBy({ColourRule(70), RotationRule(50)}).value();
  std::vector<int64_t> all = split.train;
  EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
  for (const Split::HeldOut& part : split.held_out) {
    EXPECT_TRUE(std::is_sorted(part.images.begin(), part.images.end()));
    all.insert(all.end(), part.images.begin(), part.images.end());
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 2400u);
  for (int64_t i = 0; i < 2400; ++i) EXPECT_EQ(all[i], i);
}

TEST_F(HoldOutTest, EachMissingCombinationIsMissedEquallyOften) {
  for (const int count : {1, 2, 3, 4, 30, 100, 200}) {
    const Split split = SplitBy({ColourRule(count)}).value();
    std::map<int, int> times;
    for (const auto& cell : Cells(split.held_out[0], kColour)) ++times[cell[2]];
    for (int colour = 0; colour < 3; ++colour) {
      EXPECT_GE(times[colour], count / 3) << count;
      EXPECT_LE(times[colour], (count + 2) / 3) << count;
    }
  }
}

TEST_F(HoldOutTest, EachClassOfTheFirstFeatureIsChosenEquallyOften) {
  for (const int count : {7, 20, 55, 100}) {
    const Split split = SplitBy({RotationRule(count)}).value();
    std::map<int, int> times;
    for (const auto& cell : Cells(split.held_out[0], kRotation)) ++times[cell[0]];
    for (int digit = 0; digit < 10; ++digit) {
      EXPECT_GE(times[digit], count / 10) << count;
      EXPECT_LE(times[digit], (count + 9) / 10) << count;
    }
  }
}

// 10 digits and 4 rotations dealt in step would never give digit 0 all four.
TEST_F(HoldOutTest, FirstFeatureAndMissingCombinationsAreIndependent) {
  const Split split = SplitBy({RotationRule(200)}).value();
  std::map<std::pair<int, int>, int> times;
  for (const auto& cell : Cells(split.held_out[0], kRotation)) ++times[{cell[0], cell[2]}];
  EXPECT_EQ(times.size(), 40u);
}

TEST_F(HoldOutTest, CombinationIsChosenByOneRuleOnly) {
  const Split split = SplitBy({ColourRule(100), RotationRule(100)}).value();
  std::set<std::pair<int, int>> combinations;
  for (const auto& cell : Cells(split.held_out[0], kColour)) combinations.insert({cell[0], cell[1]});
  for (const auto& cell : Cells(split.held_out[1], kRotation)) combinations.insert({cell[0], cell[1]});
  EXPECT_EQ(combinations.size(), 200u);
  EXPECT_EQ(split.held_out[1].images.size(), 300u);
}

TEST_F(HoldOutTest, OrderOfFeatureNamesMakesNoOtherCombination) {
  v1::HoldOutRule swapped = RotationRule(101);
  swapped.set_per(0, "example");
  swapped.set_per(1, "digit");
  EXPECT_THAT(SplitBy({ColourRule(100), swapped}), IsBadField("hold_out[1].count", "TOO_MANY_COMBINATIONS"));
  swapped.set_count(100);
  EXPECT_THAT(SplitBy({ColourRule(100), swapped}), IsOk());
}

TEST_F(HoldOutTest, RulesOfOtherFeaturesMayMeetAndTheFirstTakesTheImage) {
  const v1::HoldOutRule wide = Rule("name: 'wide' per: 'example' missing: 'colour' missing: 'rotation' count: 12");
  const Split split = SplitBy({ColourRule(200), wide}).value();
  EXPECT_EQ(split.held_out[0].images.size(), 800u);
  EXPECT_LT(split.held_out[1].images.size(), 120u);
  EXPECT_GT(split.held_out[1].images.size(), 0u);
  std::vector<int64_t> common;
  std::set_intersection(split.held_out[0].images.begin(), split.held_out[0].images.end(),
                        split.held_out[1].images.begin(), split.held_out[1].images.end(), std::back_inserter(common));
  EXPECT_THAT(common, IsEmpty());
}

TEST_F(HoldOutTest, SeveralMissingFeaturesAreLostTogether) {
  const v1::HoldOutRule rule =
      Rule("name: 'both' per: 'digit' per: 'example' missing: 'colour' missing: 'rotation' count: 24");
  const Split split = SplitBy({rule}).value();
  EXPECT_EQ(split.held_out[0].images.size(), 24u);
  std::map<std::pair<int, int>, int> times;
  for (const int64_t i : split.held_out[0].images) ++times[{Label(i, kColour), Label(i, kRotation)}];
  EXPECT_EQ(times.size(), 12u);
  for (const auto& [cell, count] : times) EXPECT_EQ(count, 2);
}

TEST_F(HoldOutTest, EachLosesSeveralInTurn) {
  for (const int each : {1, 2, 3}) {
    v1::HoldOutRule rule = RotationRule(40);
    rule.set_each(each);
    const Split split = SplitBy({rule}).value();
    const auto cells = Cells(split.held_out[0], kRotation);
    EXPECT_EQ(cells.size(), 40u * each);
    EXPECT_EQ(split.held_out[0].images.size(), 120u * each);
    std::map<std::pair<int, int>, int> lost;
    std::map<int, int> times;
    for (const auto& cell : cells) {
      ++lost[{cell[0], cell[1]}];
      ++times[cell[2]];
    }
    EXPECT_EQ(lost.size(), 40u);
    for (const auto& [combination, count] : lost) EXPECT_EQ(count, each);
    for (int rotation = 0; rotation < 4; ++rotation) EXPECT_EQ(times[rotation], 10 * each);
  }
}

TEST_F(HoldOutTest, EachOfZeroIsOne) {
  v1::HoldOutRule one = ColourRule(30);
  one.set_each(1);
  EXPECT_EQ(SplitBy({one}).value().held_out[0].images, SplitBy({ColourRule(30)}).value().held_out[0].images);
}

// Three of the four have all classes of `b`.
TEST_F(HoldOutTest, WhoLosesSeveralHasThemAll) {
  const TempDir dir;
  const FeatureSchema schema = FeatureSchema::Create({{"a", {"p", "q", "r", "s"}}, {"b", {"u", "v", "w"}}}).value();
  Labels labels = {{0, 0}};
  for (const auto& combination : AllCombinations(schema)) {
    if (combination[0] != 0) labels.push_back(combination);
  }
  const auto dataset = MakeDataset(dir / "data", schema, labels);
  Rules rules = {Rule("name: 'r' per: 'a' missing: 'b' count: 3 each: 2")};
  const auto split = SplitDataset(*dataset, rules);
  ASSERT_THAT(split, IsOk());
  for (const int64_t i : split->held_out[0].images) EXPECT_NE(dataset->labels(i)[0], 0);
  rules[0].set_count(4);
  EXPECT_THAT(SplitDataset(*dataset, rules), IsBadField("hold_out[0].count", "TOO_MANY_COMBINATIONS"));
}

// People of one expression alone would vanish from training with it.
TEST_F(HoldOutTest, WhoHasOneCellAloneKeepsIt) {
  const TempDir dir;
  std::vector<Feature> features = {{"identity", {}}, {"expression", {"happy", "neutral", "sad"}}};
  Labels labels;
  for (uint16_t person = 0; person < 12; ++person) {
    features[0].classes.push_back(absl::StrCat("p", person));
    for (uint16_t expression = 0; expression < (person < 8 ? 1 : 3); ++expression)
      labels.push_back({person, expression});
  }
  const auto dataset = MakeDataset(dir / "data", FeatureSchema::Create(features).value(), labels);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rules rules = {Rule(absl::StrCat("name: 'r' per: 'identity' missing: 'expression' count: 4 seed: ", seed))};
    const auto split = SplitDataset(*dataset, rules);
    ASSERT_THAT(split, IsOk()) << seed;
    for (const int64_t i : split->held_out[0].images) EXPECT_GE(dataset->labels(i)[0], 8);
    rules[0].set_count(5);
    const auto too_many = SplitDataset(*dataset, rules);
    EXPECT_THAT(too_many, IsBadField("hold_out[0].count", "TOO_MANY_COMBINATIONS"));
    EXPECT_THAT(too_many, IsError(absl::StatusCode::kInvalidArgument, HasSubstr("the data set has 4 that")));
  }
}

TEST_F(HoldOutTest, NobodyLosesAll) {
  v1::HoldOutRule rule = ColourRule(1);
  rule.set_each(3);
  EXPECT_THAT(SplitBy({rule}), IsBadField("hold_out[0].count", "TOO_MANY_COMBINATIONS"));
}

// Both rules cut the same plane of cells, a and b, from either side: the second
// never chooses a cell that the first has taken.
TEST_F(HoldOutTest, NoRuleChoosesWhatIsHeldOutAlready) {
  const TempDir dir;
  const FeatureSchema schema =
      FeatureSchema::Create({{"a", {"p", "q", "r", "s"}}, {"b", {"u", "v", "w", "x"}}}).value();
  const auto dataset = MakeDataset(dir / "data", schema, AllCombinations(schema));
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Rules rules = {Rule(absl::StrCat("name: 'first' per: 'a' missing: 'b' count: 4 seed: ", seed)),
                         Rule(absl::StrCat("name: 'second' per: 'b' missing: 'a' count: 3 seed: ", seed))};
    const auto split = SplitDataset(*dataset, rules);
    ASSERT_THAT(split, IsOk()) << seed;
    EXPECT_EQ(split->held_out[0].images.size(), 4u);
    EXPECT_EQ(split->held_out[1].images.size(), 3u) << seed;
  }
}

// A person of whom there are two pictures and who lost both would never be
// trained on; the others have three.
TEST_F(HoldOutTest, WhoKeepsSomethingIsChosenFirst) {
  const TempDir dir;
  const FeatureSchema schema = FeatureSchema::Create({{"a", {"p", "q", "r", "s"}}, {"b", {"u", "v", "w"}}}).value();
  Labels labels;
  for (const auto& combination : AllCombinations(schema)) {
    if (combination != std::vector<uint16_t>{0, 2}) labels.push_back(combination);
  }
  const auto dataset = MakeDataset(dir / "data", schema, labels);
  for (int seed = 0; seed < 20; ++seed) {
    const Rules rules = {Rule(absl::StrCat("name: 'r' per: 'a' missing: 'b' count: 3 each: 2 seed: ", seed))};
    const auto split = SplitDataset(*dataset, rules);
    ASSERT_THAT(split, IsOk());
    for (const int64_t i : split->held_out[0].images) EXPECT_NE(dataset->labels(i)[0], 0) << seed;
  }
}

// A class of the schema that no image shows cannot be lost.
TEST_F(HoldOutTest, EachMayNotBeOverWhatTheDataSetHas) {
  const TempDir dir;
  const FeatureSchema schema = FeatureSchema::Create({{"a", {"p", "q", "r"}}, {"b", {"u", "v", "never"}}}).value();
  const auto dataset = MakeDataset(dir / "data", schema, {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}});
  const Rules rules = {Rule("name: 'r' per: 'a' missing: 'b' count: 1 each: 3")};
  EXPECT_THAT(ValidateHoldOut(schema, rules), IsOk());
  EXPECT_THAT(SplitDataset(*dataset, rules), IsBadField("hold_out[0].each", "TOO_MANY_COMBINATIONS"));
}

TEST_F(HoldOutTest, SeedsDecide) {
  const auto first = SplitBy({ColourRule(50, 1)}).value().held_out[0].images;
  EXPECT_EQ(SplitBy({ColourRule(50, 1)}).value().held_out[0].images, first);
  EXPECT_NE(SplitBy({ColourRule(50, 2)}).value().held_out[0].images, first);
}

TEST_F(HoldOutTest, IsTheSameOnEveryMachine) {
  const Split split = SplitBy({ColourRule(100), RotationRule(100)}).value();
  uint64_t hash = 0;
  for (const int64_t i : split.train) {
    hash = StableHash(absl::StrCat(hash, " ", i));
  }
  EXPECT_EQ(hash, 5138901111692517375u);
}

TEST_F(HoldOutTest, LabelsAloneAreSplitAlike) {
  const Rules rules = {ColourRule(100), RotationRule(100)};
  const auto labels = ReadDatasetLabels(*FileSystem::Posix(), dir_ / "data");
  ASSERT_THAT(labels, IsOk());
  const auto split = SplitDataset(*labels, rules);
  ASSERT_THAT(split, IsOk());
  EXPECT_EQ(split->train, SplitBy(rules)->train);
  EXPECT_EQ(split->held_out[1].images, SplitBy(rules)->held_out[1].images);
  EXPECT_THAT(SplitDataset(*labels, Rules{ColourRule(201)}), IsBadField("hold_out[0].count", "TOO_MANY_COMBINATIONS"));
}

TEST_F(HoldOutTest, AllCombinationsMayBeChosen) {
  EXPECT_EQ(SplitBy({ColourRule(200)}).value().held_out[0].images.size(), 800u);
}

TEST_F(HoldOutTest, MoreCombinationsThanAreLeftIsAnError) {
  const auto split = SplitBy({ColourRule(150), RotationRule(51)});
  EXPECT_THAT(split, IsBadField("hold_out[1].count", "TOO_MANY_COMBINATIONS"));
  EXPECT_THAT(split, IsError(absl::StatusCode::kInvalidArgument, HasSubstr("has 50 that no rule before")));
}

TEST_F(HoldOutTest, ClassThatTrainingWouldNeverSeeIsAnErrorNamingIt) {
  const TempDir dir;
  const FeatureSchema schema = FeatureSchema::Create({{"shape", {"round"}}, {"size", {"large", "largest"}}}).value();
  const auto dataset = MakeDataset(dir / "data", schema, {{0, 0}, {0, 1}});
  const Rules rules = {Rule("name: 'r' per: 'shape' missing: 'size' count: 1")};
  const auto split = SplitDataset(*dataset, rules);
  EXPECT_THAT(split, IsBadField("hold_out[0]", "CLASS_NEVER_TRAINED"));
  EXPECT_THAT(split, IsError(absl::StatusCode::kInvalidArgument, HasSubstr("training would never see class 'large")));
}

TEST_F(HoldOutTest, ClassesWithoutImagesAreNotTheRulesFault) {
  const TempDir dir;
  const auto dataset =
      MakeDataset(dir / "data", FeatureSchema::Create({{"a", {"x", "y", "never"}}, {"b", {"u"}}}).value(),
                  {{0, 0}, {1, 0}, {0, 0}});
  EXPECT_THAT(SplitDataset(*dataset, {}), IsOk());
}

// In a data set with gaps each chosen combination still loses something.
TEST_F(HoldOutTest, GapsAreSteppedOver) {
  const TempDir dir;
  const FeatureSchema schema = Schema(6);
  Labels labels;
  for (const auto& combination : AllCombinations(schema)) {
    // Example 0 has red only, examples 1 to 5 everything.
    if (combination[kExample] != 0 || combination[kColour] == 0) labels.push_back(combination);
  }
  const auto dataset = MakeDataset(dir / "data", schema, labels);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Rules rules = {ColourRule(45, seed)};
    const auto split = SplitDataset(*dataset, rules);
    ASSERT_THAT(split, IsOk());
    EXPECT_EQ(split->held_out[0].images.size(), 180u);
    std::map<int, int> times;
    for (const int64_t i : split->held_out[0].images) ++times[dataset->labels(i)[kColour]];
    for (int colour = 0; colour < 3; ++colour) EXPECT_EQ(times[colour], 60);
  }
}

TEST_F(HoldOutTest, GapsThatLeaveNothingToLoseAreAnError) {
  const TempDir dir;
  const FeatureSchema schema = FeatureSchema::Create({{"a", {"p", "q", "r"}}, {"b", {"u", "v"}}}).value();
  const auto dataset = MakeDataset(dir / "data", schema, {{0, 0}, {1, 0}, {2, 0}, {2, 1}, {2, 0}});
  const Rules rules = {Rule("name: 'r' per: 'a' missing: 'b' count: 3")};
  EXPECT_THAT(SplitDataset(*dataset, rules), IsBadField("hold_out[0].count", "TOO_MANY_COMBINATIONS"));
}

struct BadRule {
  const char* name;
  const char* text;
  const char* field;
  const char* reason;
};

class BadRuleTest : public testing::TestWithParam<BadRule> {};

TEST_P(BadRuleTest, IsRefusedWithItsField) {
  const Rules rules = {ColourRule(1), Rule(GetParam().text)};
  EXPECT_THAT(ValidateHoldOut(Schema(), rules), IsBadField(GetParam().field, GetParam().reason));
  const TempDir dir;
  const auto dataset = MakeDataset(dir / "data", Schema(1), AllCombinations(Schema(1)));
  EXPECT_THAT(SplitDataset(*dataset, rules), IsBadField(GetParam().field, GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRuleTest,
    testing::Values(BadRule{"UnknownPer", "name: 'r' per: 'digits' missing: 'colour' count: 1", "hold_out[1].per[0]",
                            "UNKNOWN_FEATURE"},
                    BadRule{"UnknownMissing", "name: 'r' per: 'digit' missing: 'colour' missing: 'x' count: 1",
                            "hold_out[1].missing[1]", "UNKNOWN_FEATURE"},
                    BadRule{"InBothLists", "name: 'r' per: 'digit' missing: 'digit' count: 1", "hold_out[1].missing[0]",
                            "DUPLICATE_FEATURE"},
                    BadRule{"TwiceInAList", "name: 'r' per: 'digit' per: 'digit' missing: 'colour' count: 1",
                            "hold_out[1].per[1]", "DUPLICATE_FEATURE"},
                    BadRule{"DoubledName", "name: 'colour' per: 'digit' missing: 'colour' count: 1", "hold_out[1].name",
                            "DUPLICATE_RULE"},
                    BadRule{"EmptyName", "per: 'digit' missing: 'colour' count: 1", "hold_out[1].name", "INVALID_ID"},
                    BadRule{"BadName", "name: 'Low level' per: 'digit' missing: 'colour' count: 1", "hold_out[1].name",
                            "INVALID_ID"},
                    BadRule{"NoPer", "name: 'r' missing: 'colour' count: 1", "hold_out[1].per", "MISSING_FEATURE"},
                    BadRule{"NoMissing", "name: 'r' per: 'colour' count: 1", "hold_out[1].missing", "MISSING_FEATURE"},
                    BadRule{"ZeroCount", "name: 'r' per: 'digit' missing: 'colour'", "hold_out[1].count", "BAD_COUNT"},
                    BadRule{"NegativeCount", "name: 'r' per: 'digit' missing: 'colour' count: -5", "hold_out[1].count",
                            "BAD_COUNT"},
                    BadRule{"OverAllCombinations", "name: 'r' per: 'digit' missing: 'colour' count: 11",
                            "hold_out[1].count", "TOO_MANY_COMBINATIONS"},
                    BadRule{"NegativeEach", "name: 'r' per: 'digit' missing: 'colour' count: 1 each: -1",
                            "hold_out[1].each", "BAD_COUNT"},
                    BadRule{"EachOverAllCombinations", "name: 'r' per: 'digit' missing: 'colour' count: 1 each: 4",
                            "hold_out[1].each", "TOO_MANY_COMBINATIONS"},
                    BadRule{"HugeEach", "name: 'r' per: 'digit' missing: 'colour' count: 1 each: 2147483647",
                            "hold_out[1].each", "TOO_MANY_COMBINATIONS"},
                    BadRule{"HugeCount", "name: 'r' per: 'digit' per: 'example' missing: 'colour' count: 2147483647",
                            "hold_out[1].count", "TOO_MANY_COMBINATIONS"}),
    [](const auto& test) { return test.param.name; });

TEST(ValidateHoldOutTest, TakesGoodRules) {
  EXPECT_THAT(ValidateHoldOut(Schema(), Rules{ColourRule(200), RotationRule(200)}), IsOk());
  EXPECT_THAT(ValidateHoldOut(Schema(), Rules{}), IsOk());
  EXPECT_THAT(ValidateHoldOut(Schema(), Rules{Rule("name: 'low-level_2' per: 'digit' missing: 'colour' count: 10")}),
              IsOk());
}

}  // namespace
}  // namespace facet::model
