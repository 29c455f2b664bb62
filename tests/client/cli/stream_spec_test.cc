// SPDX-License-Identifier: Apache-2.0
#include "client/cli/stream_spec.h"

#include <string>

#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ParseMixTest, HasEachFormOfARatio) {
  const auto even = ParseMix("colour");
  ASSERT_THAT(even, IsOk());
  EXPECT_EQ(even->feature(), "colour");
  EXPECT_FLOAT_EQ(even->pairs().fixed(), 0.5f);
  EXPECT_FLOAT_EQ(ParseMix("colour:0.3")->pairs().fixed(), 0.3f);
  EXPECT_FLOAT_EQ(ParseMix("colour:0.3-0.7")->pairs().range().min(), 0.3f);
  EXPECT_FLOAT_EQ(ParseMix("colour:0.3-0.7")->pairs().range().max(), 0.7f);
  EXPECT_FLOAT_EQ(ParseMix("colour:beta=0.4")->pairs().beta(), 0.4f);
}

TEST(ParseMixTest, WhatItDoesNotUnderstandIsShownWithGoodForms) {
  for (const char* text : {"colour:", "colour:half", "colour:0.3-", "colour:0.3-x", "colour:beta=", "colour:beta=x"}) {
    EXPECT_THAT(ParseMix(text), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(text))) << text;
    EXPECT_THAT(ParseMix(text), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("beta=0.4"))) << text;
  }
}

TEST(ParseOnlyTest, ClassesOrOneMix) {
  const auto classes = ParseOnly("digit=1,2,3");
  ASSERT_THAT(classes, IsOk());
  EXPECT_EQ(classes->feature(), "digit");
  EXPECT_THAT(classes->classes().classes(), ElementsAre("1", "2", "3"));
  const auto mix = ParseOnly("digit=3:0.5,8:0.5");
  ASSERT_THAT(mix, IsOk());
  EXPECT_EQ(mix->feature(), "digit");
  EXPECT_EQ(mix->fixed().feature(), "digit");
  EXPECT_EQ(mix->fixed().weights_size(), 2);
  EXPECT_EQ(ParseOnly("digit").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ReadSpecFileTest, ReadsJsonAndProtobufText) {
  TempDir dir;
  for (const std::string& path :
       {dir.Write("a.json", R"({"model": "digits", "batch_size": 8, "recipe": {"repeats": 2}})"),
        dir.Write("a.textproto", "model: 'digits' batch_size: 8 recipe { repeats: 2 }")}) {
    const auto file = ReadSpecFile(path);
    ASSERT_THAT(file, IsOk());
    EXPECT_EQ(file->spec.model(), "digits");
    EXPECT_EQ(file->spec.batch_size(), 8);
    EXPECT_EQ(file->spec.recipe().repeats(), 2);
  }
}

TEST(ReadSpecFileTest, MistakesAreNamedWithTheirPlace) {
  TempDir dir;
  EXPECT_THAT(ReadSpecFile(dir.Write("a.textproto", "model: 'digits'\nbatch: 8\n")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("batch")));
  EXPECT_THAT(ReadSpecFile(dir.Write("a.json", R"({"batch": 8})")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("batch")));
  EXPECT_THAT(ReadSpecFile(dir / "nowhere.json"), IsError(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
}

}  // namespace
}  // namespace facet::cli
