// SPDX-License-Identifier: Apache-2.0
#include "client/cli/cell_notes.h"

#include <initializer_list>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kNever[] = "never trained on";

v1::HoldOutRule Rule(const std::string& name, int count, uint64_t seed) {
  v1::HoldOutRule rule;
  rule.set_name(name);
  rule.add_per("identity");
  rule.add_missing("expression");
  rule.set_count(count);
  rule.set_seed(seed);
  return rule;
}

void AddGroup(const std::string& rule, int64_t count, std::initializer_list<int64_t> images,
              v1::EvaluationReport* report) {
  v1::HeldOutReport& group = *report->add_held_out();
  group.set_rule(rule);
  group.set_cell_count(count);
  for (const int64_t image : images) group.add_sample_images(image);
}

// A model that never learnt images 3 and 5, by the rule `expression`.
class CellNotesTest : public testing::Test {
 protected:
  CellNotesTest() {
    card_.set_dataset_fingerprint("f");
    *card_.add_hold_out() = Rule("expression", 2, 5);
    AddGroup("expression", 2, {3, 5}, card_.mutable_report());
    job_.mutable_spec()->mutable_evaluation();
  }
  void Measure(const v1::HoldOutRule& rule, int64_t count, std::initializer_list<int64_t> images) {
    *job_.mutable_spec()->add_hold_out() = rule;
    AddGroup(rule.name(), count, images, job_.mutable_report());
  }
  CellNotes Notes() { return NotesOfEvaluation(job_, card_, "f"); }

  v1::ModelCard card_;
  v1::TrainingJob job_;
};

TEST_F(CellNotesTest, OfATrainingAreItsOwn) {
  const CellNotes notes = NotesOfTraining(card_.report());
  EXPECT_THAT(notes.held_out, ElementsAre(kNever));
  EXPECT_EQ(notes.others, "trained cells");
}

TEST_F(CellNotesTest, WithoutRulesTheModelsOwnAreMeasured) {
  AddGroup("expression", 2, {3, 5}, job_.mutable_report());
  EXPECT_THAT(Notes().held_out, ElementsAre(kNever));
  EXPECT_EQ(Notes().others, "trained cells");
}

TEST_F(CellNotesTest, TheSameRuleUnderAnotherNameHoldsOutTheSame) {
  v1::HoldOutRule same = Rule("mine", 2, 5);
  same.set_each(1);
  Measure(same, 2, {});
  EXPECT_THAT(Notes().held_out, ElementsAre(kNever));
  EXPECT_EQ(Notes().others, "trained cells");
}

TEST_F(CellNotesTest, RulesBeyondTheModelsTakeWhatItLearnt) {
  Measure(Rule("expression", 2, 5), 2, {});
  Measure(Rule("more", 40, 6), 40, {});
  EXPECT_THAT(Notes().held_out, ElementsAre(kNever, "kept from the judge; the model learnt them"));
  EXPECT_EQ(Notes().others, "trained cells");
}

TEST_F(CellNotesTest, AModelThatLearntAllLearntWhateverIsHeldOut) {
  card_.clear_hold_out();
  card_.clear_report();
  Measure(Rule("x", 40, 9), 40, {});
  EXPECT_THAT(Notes().held_out, ElementsAre("kept from the judge; the model learnt them"));
}

TEST_F(CellNotesTest, OfOtherRulesTheImagesAreCounted) {
  Measure(Rule("x", 4, 9), 4, {1, 2, 3, 4});
  EXPECT_THAT(Notes().held_out, ElementsAre("kept from the judge; the model learnt 3 of them"));
  EXPECT_THAT(Notes().others, StartsWith("cells that the judge learnt, the model all but those that its own rules"));
}

TEST_F(CellNotesTest, OfAllOrNoneThereIsNoCount) {
  Measure(Rule("x", 2, 9), 2, {1, 2});
  Measure(Rule("y", 2, 8), 2, {3, 5});
  EXPECT_THAT(Notes().held_out, ElementsAre("kept from the judge; the model learnt them", kNever));
}

TEST_F(CellNotesTest, WhereAReportNamesSomeImagesOnlyItIsNotKnown) {
  Measure(Rule("x", 40, 9), 40, {1, 2, 4});
  EXPECT_THAT(Notes().held_out, ElementsAre(HasSubstr("may have let it learn them")));
  card_.mutable_report()->mutable_held_out(0)->set_cell_count(64);
  job_.mutable_report()->mutable_held_out(0)->set_cell_count(3);
  EXPECT_THAT(Notes().held_out, ElementsAre(HasSubstr("may have let it learn them")));
}

TEST_F(CellNotesTest, OfAnotherDataSetNothingIsTrained) {
  Measure(Rule("expression", 2, 5), 2, {3, 5});
  const CellNotes notes = NotesOfEvaluation(job_, card_, "of others");
  EXPECT_THAT(notes.held_out, ElementsAre("kept from the judge; of another data set than the model learnt from"));
  EXPECT_EQ(notes.others, "cells that the judge learnt");
}

}  // namespace
}  // namespace facet::cli
