// SPDX-License-Identifier: Apache-2.0
#include "base/mistakes.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/base/status_is.h"

namespace facet {
namespace {

using testing::ElementsAre;

const absl::Status kNoSuch = ResourceNotFound("facet.v1.Dataset", "datasets/x", "there is no such data set");

std::vector<FieldViolation> ViolationsOf(const absl::Status& status) { return GetErrorDetail(status).violations; }

TEST(MistakesTest, NoneIsOk) {
  Mistakes mistakes;
  mistakes.Add(absl::OkStatus(), "a");
  EXPECT_TRUE(mistakes.none());
  EXPECT_THAT(mistakes.ToStatus(), IsOk());
}

TEST(MistakesTest, OneIsItself) {
  Mistakes mistakes;
  mistakes.Add(InvalidField("beta", "BAD_RATIO", "must be above 0"), "pairs");
  EXPECT_FALSE(mistakes.none());
  EXPECT_EQ(mistakes.ToStatus(), PrefixField(InvalidField("beta", "BAD_RATIO", "must be above 0"), "pairs"));
  // One without a field does not get one.
  Mistakes other;
  other.Add(kNoSuch, "real");
  EXPECT_EQ(other.ToStatus(), kNoSuch);
}

TEST(MistakesTest, SeveralAreAllInMessageAndDetails) {
  Mistakes mistakes;
  mistakes.Add(InvalidField("rank", "OUT_OF_RANGE", "is too large"));
  mistakes.Add(InvalidField("[1]", "DUPLICATE_LABEL", "is there twice"), "labels");
  const absl::Status status = PrefixField(mistakes.ToStatus(), "spec");
  EXPECT_THAT(status, IsBadField("spec.rank", "OUT_OF_RANGE"));
  EXPECT_EQ(status.message(), "2 mistakes: spec.rank: is too large; spec.labels[1]: is there twice");
  EXPECT_THAT(ViolationsOf(status), ElementsAre(FieldViolation{"spec.rank", "is too large"},
                                                FieldViolation{"spec.labels[1]", "is there twice"}));
}

TEST(MistakesTest, ThoseOfAPartAreListedOneByOne) {
  Mistakes part;
  part.Add(InvalidField("min", "R", "m1"));
  part.Add(InvalidField("max", "R", "m2"));
  Mistakes whole;
  whole.Add(InvalidField("rank", "OUT_OF_RANGE", "m0"));
  whole.Add(part.ToStatus(), "range");
  EXPECT_EQ(whole.ToStatus().message(), "3 mistakes: rank: m0; range.min: m1; range.max: m2");
}

TEST(MistakesTest, WhatIsWrongInAnyCaseComesFirst) {
  Mistakes mistakes;
  mistakes.Add(kNoSuch, "real");
  mistakes.Add(InvalidField("rank", "OUT_OF_RANGE", "is too large"));
  mistakes.Add(WithReason(absl::FailedPreconditionError("other classes"), "SCHEMA_MISMATCH"), "filter");
  const absl::Status status = mistakes.ToStatus();
  EXPECT_THAT(status, IsBadField("rank", "OUT_OF_RANGE"));
  EXPECT_EQ(status.message(), "3 mistakes: rank: is too large; real: there is no such data set; filter: other classes");
  EXPECT_FALSE(GetErrorDetail(status).resource.has_value());
}

TEST(MistakesTest, OfThoseThatDependOnTheServerTheFirstGivesTheCode) {
  Mistakes mistakes;
  mistakes.Add(kNoSuch, "real");
  mistakes.Add(WithReason(absl::FailedPreconditionError("other classes"), "SCHEMA_MISMATCH"), "filter");
  const absl::Status status = PrefixField(mistakes.ToStatus(), "spec");
  EXPECT_THAT(status, HasReason(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_EQ(GetErrorDetail(status).resource->name, "datasets/x");
  EXPECT_EQ(status.message(), "2 mistakes: spec.real: there is no such data set; spec.filter: other classes");
}

TEST(MistakesTest, AnErrorThatIsNoMistakeIsToldWhereThereIsNone) {
  Mistakes mistakes;
  mistakes.Add(absl::DataLossError("damaged"), "real");
  EXPECT_FALSE(mistakes.none());
  EXPECT_EQ(mistakes.ToStatus(), absl::DataLossError("damaged"));
  mistakes.Add(InvalidField("rank", "OUT_OF_RANGE", "is too large"));
  EXPECT_EQ(mistakes.ToStatus(), InvalidField("rank", "OUT_OF_RANGE", "is too large"));
}

TEST(MistakesTest, SixteenAreListed) {
  Mistakes whole;
  for (int part = 0; part < 2; ++part) {
    Mistakes mistakes;
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(mistakes.full(), i >= 16);
      mistakes.Add(InvalidField(absl::StrCat("[", i, "]"), "R", "m"));
    }
    whole.Add(mistakes.ToStatus(), absl::StrCat("p", part));
  }
  const absl::Status status = PrefixField(whole.ToStatus(), "spec");
  EXPECT_EQ(ViolationsOf(status).size(), 16u);
  const std::string message(status.message());
  EXPECT_THAT(message, testing::StartsWith("the first 16 mistakes: spec.p0[0]: m; spec.p0[1]: m;"));
  EXPECT_THAT(message, testing::EndsWith("; spec.p0[15]: m"));
}

TEST(MistakesTest, TakeGivesTheValueOrNotesWhyNot) {
  Mistakes mistakes;
  int number = 0;
  EXPECT_TRUE(mistakes.Take(absl::StatusOr<int>(7), number, "n"));
  EXPECT_EQ(number, 7);
  EXPECT_FALSE(mistakes.Take(absl::StatusOr<int>(InvalidField("", "R", "m")), number, "n"));
  EXPECT_EQ(number, 7);
  EXPECT_THAT(mistakes.ToStatus(), IsBadField("n", "R"));
}

}  // namespace
}  // namespace facet
