// SPDX-License-Identifier: Apache-2.0
#include "client/cli/stream_spec.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/random.h"
#include "facet/client/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
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

TEST(ParseRealTest, IsADataSetAndAShare) {
  const auto real = ParseReal("digits@2:0.25");
  ASSERT_THAT(real, IsOk());
  EXPECT_EQ(real->dataset(), "digits@2");
  EXPECT_EQ(real->share(), 0.25f);
  EXPECT_THAT(ParseReal("digits"), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("digits:0.25")));
}

TEST(ReadSpecFileTest, ReadsYamlJsonAndProtobufText) {
  TempDir dir;
  for (const std::string& path :
       {dir.Write("a.yaml", "model: digits\nbatch_size: 8\nrecipe:\n  repeats: 2\nlast_batch: fill\n"),
        dir.Write("a.json",
                  "{\"model\": \"digits\",\t\"batchSize\": \"8\",\n\t\"recipe\": {\"repeats\": 2},"
                  "\"last_batch\": \"LAST_BATCH_FILL\"}"),
        dir.Write("a.textproto", "model: 'digits' batch_size: 8 recipe { repeats: 2 } last_batch: LAST_BATCH_FILL")}) {
    const auto file = ReadSpecFile(path);
    ASSERT_THAT(file, IsOk()) << path;
    EXPECT_EQ(file->spec.model(), "digits");
    EXPECT_EQ(file->spec.batch_size(), 8);
    EXPECT_EQ(file->spec.recipe().repeats(), 2);
    EXPECT_EQ(file->spec.last_batch(), v1::LAST_BATCH_FILL);
  }
}

TEST(ReadSpecFileTest, EndingsMayBeInCapitals) {
  TempDir dir;
  for (const char* name : {"a.YAML", "a.Yml", "a.JSON"}) {
    const auto file = ReadSpecFile(dir.Write(name, "{\"model\": \"digits\"}"));
    ASSERT_THAT(file, IsOk()) << name;
    EXPECT_EQ(file->spec.model(), "digits");
  }
}

TEST(ReadSpecFileTest, ASecondDocumentIsRefused) {
  TempDir dir;
  EXPECT_THAT(ReadSpecFile(dir.Write("a.yaml", "---\nmodel: digits\n...\n")), IsOk());
  EXPECT_THAT(ReadSpecFile(dir.Write("b.yaml", "model: digits\n---\nbatch_size: 8\n")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("b.yaml:3: is a second document (behind '---')")));
  // The first is read all the same.
  EXPECT_THAT(ReadSpecFile(dir.Write("c.yaml", "modle: digits\n---\n- 1\n")),
              IsError(absl::StatusCode::kInvalidArgument,
                      testing::AllOf(HasSubstr("c.yaml:1: modle"), HasSubstr("c.yaml:3: is a second document"))));
}

TEST(ReadSpecFileTest, TheRecipesThatShipAreRead) {
  const std::string folder = std::string(std::getenv("FACET_SOURCE_DIR")) + "/data/recipes";
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto file = ReadSpecFile(entry.path().string());
    ASSERT_THAT(file, IsOk());
    EXPECT_FALSE(file->spec.model().empty()) << entry.path();
    EXPECT_TRUE(file->spec.has_recipe()) << entry.path();
    ++read;
  }
  EXPECT_GE(read, 6);
}

TEST(ReadSpecFileTest, EveryMistakeIsNamedWithLineAndPath) {
  TempDir dir;
  const std::string path = dir.Write("bad.yaml",
                                     "model: digits\n"              // 1
                                     "batch_sise: 8\n"              // 2
                                     "last_batch: fil\n"            // 3
                                     "epochs: many\n"               // 4
                                     "shuffle_seed: -1\n"           // 5
                                     "model: faces\n"               // 6
                                     "recipe:\n"                    // 7
                                     "  shuffle: maybe\n"           // 8
                                     "  features:\n"                // 9
                                     "    - feature: colour\n"      // 10
                                     "      pairs: {betta: 0.4}\n"  // 11
                                     "    - feature: [digit]\n"     // 12
                                     "      classes: {}\n"          // 13
                                     "      pairs: {}\n"            // 14
                                     "  transforms: mirror\n");     // 15
  const auto file = ReadSpecFile(path);
  ASSERT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(file.status().message());
  for (const std::string wanted :
       {":2: batch_sise: there is no such field. Did you mean 'batch_size'", ":3: last_batch: 'fil' is no LastBatch",
        "Did you mean 'fill'", ":4: epochs: 'many' is no whole number", ":5: shuffle_seed: '-1' is no whole number",
        ":6: model: is there twice", ":8: recipe.shuffle: 'maybe' is neither true nor false",
        ":11: recipe.features[0].pairs.betta: there is no such field",
        ":12: recipe.features[1].feature: must be a single value, not a list",
        ":14: recipe.features[1].pairs: and classes exclude each other",
        ":15: recipe.transforms: must be a mapping of fields, not a single value"}) {
    EXPECT_THAT(message, HasSubstr(wanted));
  }
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 9);
}

TEST(ReadSpecFileTest, WhatIsNoYamlJsonOrTextIsNamedWithItsPlace) {
  TempDir dir;
  EXPECT_THAT(ReadSpecFile(dir.Write("a.textproto", "model: 'digits'\nbatch: 8\n")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("a.textproto:2: column")));
  EXPECT_THAT(ReadSpecFile(dir.Write("a.json", "{\"batch\":\n8")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("a.json:2")));
  EXPECT_THAT(ReadSpecFile(dir.Write("a.yaml", "a: b: c\n")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("a.yaml:1: is not YAML")));
  EXPECT_THAT(
      ReadSpecFile(dir.Write("b.yaml", "- 1\n")),
      IsError(absl::StatusCode::kInvalidArgument, HasSubstr("b.yaml:1: must be a mapping of fields, not a list")));
  EXPECT_THAT(ReadSpecFile(dir / "nowhere.json"), IsError(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
}

TEST(ReadSpecFileTest, WholeNumbersAreDigits) {
  TempDir dir;
  EXPECT_EQ(ReadSpecFile(dir.Write("a.yaml", "epochs: -1\nshuffle_seed: 18446744073709551615\n"))->spec.epochs(), -1);
  for (const char* number : {"1_000", "0x10", "1e3", "8.0", "+8", "' 8'", "8-", "--8", "''"}) {
    EXPECT_THAT(ReadSpecFile(dir.Write("b.yaml", absl::StrCat("epochs: ", number))),
                IsError(absl::StatusCode::kInvalidArgument, HasSubstr("is no whole number")))
        << number;
  }
}

TEST(ReadSpecFileTest, NullIsUnset) {
  TempDir dir;
  for (const std::string& path :
       {dir.Write("a.yaml", "model: digits\nrecipe:\nbatch_size: ~\nlabels: null\nnormalization: ~\n"),
        dir.Write("a.json", "{\"model\": \"digits\", \"recipe\": null, \"batch_size\": null, \"labels\": null}")}) {
    const auto file = ReadSpecFile(path);
    ASSERT_THAT(file, IsOk());
    v1::StreamSpec digits;
    digits.set_model("digits");
    EXPECT_EQ(file->spec.SerializeAsString(), digits.SerializeAsString());
  }
  // Members of a oneof, too; but not an element of a list.
  const auto pairs = ReadSpecFile(dir.Write("b.yaml", "recipe: {features: [{classes: ~, pairs: {}}]}"));
  ASSERT_THAT(pairs, IsOk());
  EXPECT_TRUE(pairs->spec.recipe().features(0).has_pairs());
  EXPECT_THAT(ReadSpecFile(dir.Write("c.yaml", "recipe: {features: [~]}\nlabels: [~]")),
              IsError(absl::StatusCode::kInvalidArgument,
                      testing::AllOf(HasSubstr("features[0]: must be a mapping of fields, not nothing"),
                                     HasSubstr("labels[0]: must be a single value, not nothing"))));
}

TEST(ReadSpecFileTest, AByteOrderMarkIsNoMistake) {
  TempDir dir;
  EXPECT_EQ(ReadSpecFile(dir.Write("a.yaml", "\xef\xbb\xbfmodel: digits\n"))->spec.model(), "digits");
  EXPECT_EQ(ReadSpecFile(dir.Write("a.json", "\xef\xbb\xbf{\"model\": \"digits\"}"))->spec.model(), "digits");
}

TEST(ReadSpecFileTest, JsonIsJson) {
  TempDir dir;
  for (const auto& [text, place] : std::vector<std::pair<const char*, const char*>>{
           {"{\"model\": \"digits\",\n}\n", "a.json:2: is not JSON: "},
           {"{\"model\": \"digits\"\n", "a.json:1: is not JSON: "},  // ends in the only line there is
           {"{\"model\": digits}", "a.json:1: is not JSON: "},
           {"model: digits\n", "a.json:1: is not JSON: "},
           {"{\n'model': 'digits'}", "a.json:2: is not JSON: "},
           {"{\"epochs\":\n1e999}", "a.json: is not JSON that can be read"},
           {"", "is not JSON: "},
           {"{} {}", "a.json:1: is not JSON: "}}) {
    EXPECT_THAT(ReadSpecFile(dir.Write("a.json", text)), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(place)))
        << text;
  }
  EXPECT_THAT(ReadSpecFile(dir.Write("a.json", "{\"model\": \"a\",\n\"model\": \"b\"}")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("a.json:2: model: is there twice")));
}

TEST(ReadSpecFileTest, AnEnumOfProtobufTextHasItsPlaceAndItsNames) {
  TempDir dir;
  EXPECT_THAT(ReadSpecFile(dir.Write("a.textproto", "model: 'x'\nlast_batch: FIL\nepochs: 2\n")),
              IsError(absl::StatusCode::kInvalidArgument,
                      dir / "a.textproto:2: column 13: 'FIL' is no LastBatch. There are: LAST_BATCH_PARTIAL, "
                            "LAST_BATCH_DROP, LAST_BATCH_FILL."));
  EXPECT_THAT(ReadSpecFile(dir.Write("a.textproto", "recipe {\n  transforms {\n    square: TURN } }\n")),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("a.textproto:3: column 13: 'TURN' is no ")));
}

TEST(ReadSpecFileTest, YamlOfAnotherEndingIsToldWhatDecides) {
  TempDir dir;
  for (const char* name : {"a.txt", "recipe"}) {
    EXPECT_THAT(ReadSpecFile(dir.Write(name, "model: london\n")),
                IsError(absl::StatusCode::kInvalidArgument, HasSubstr("ends in .yaml, .yml or .json")));
  }
  EXPECT_THAT(ReadSpecFile(dir.Write("a.textproto", "model: london\n")),
              IsError(absl::StatusCode::kInvalidArgument, testing::Not(HasSubstr(".yaml"))));
}

TEST(ReadSpecFileTest, RandomBytesNeverDoHarm) {
  TempDir dir;
  const std::string good = "model: digits\nrecipe: {features: [{feature: a, pairs: {beta: 1}}]}\n";
  for (int trial = 0; trial < 200; ++trial) {
    CounterRandom random(1, "mutate", trial);
    std::string text = good;
    for (int k = 0; k < 3; ++k) text[random.NextBelow(text.size())] = static_cast<char>(random.NextUint32());
    for (const char* name : {"m.yaml", "m.json", "m.textproto"}) {
      ReadSpecFile(dir.Write(name, text)).status().IgnoreError();
    }
  }
}

// A status as the client library makes it of what a server says.
absl::Status FromServer(const std::vector<std::pair<std::string, std::string>>& violations,
                        const std::string& message) {
  google::rpc::BadRequest bad;
  for (const auto& [field, description] : violations) {
    bad.add_field_violations()->set_field(field);
    bad.mutable_field_violations()->rbegin()->set_description(description);
  }
  google::rpc::Status details;
  details.add_details()->PackFrom(bad);
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload("type.googleapis.com/google.rpc.Status", absl::Cord(details.SerializeAsString()));
  return status;
}

absl::Status FromServer(const std::string& field, const std::string& message) {
  return FromServer({{field, message}}, message);
}

TEST(LocateInFileTest, SeveralMistakesHaveALineEach) {
  TempDir dir;
  const absl::Status said = FromServer(
      {{"spec.batch_size", "too large"}, {"spec.rank", "too small"}, {"spec.recipe.real", "no such data set"}},
      "3 mistakes: ...");
  const std::string path = dir.Write("r.yaml", "model: digits\nbatch_size: 9\nrecipe:\n  real: {dataset: x}\n");
  EXPECT_EQ(LocateInFile(said, ReadSpecFile(path).value()).message(),
            absl::StrCat(path, ":2: batch_size: too large\nspec.rank: too small\n", path,
                         ":4: recipe.real: no such data set"));
  EXPECT_EQ(LocateInFile(said, SpecFile()).message(),
            "spec.batch_size: too large\nspec.rank: too small\nspec.recipe.real: no such data set");
}

TEST(LocateInFileTest, AListThatIsFullSaysThatThereMayBeMore) {
  std::vector<std::pair<std::string, std::string>> violations(kMostViolations - 1, {"spec.rank", "too small"});
  EXPECT_THAT(std::string(LocateInFile(FromServer(violations, "15 mistakes"), SpecFile()).message()),
              testing::Not(HasSubstr("more")));
  violations.push_back({"spec.rank", "too large"});
  EXPECT_THAT(std::string(LocateInFile(FromServer(violations, "the first 16 mistakes"), SpecFile()).message()),
              testing::EndsWith("spec.rank: too large\n... and perhaps more: only the first 16 are told"));
}

TEST(LocateInFileTest, WhatTheServerFindsHasTheLineOfTheField) {
  TempDir dir;
  const std::vector<std::string> files = {
      dir.Write("r.yaml",
                "model: digits\nrecipe:\n  features:\n    - feature: colour\n      pairs:\n        beta: 0\n"),
      dir.Write("r.json",
                "{\"model\": \"digits\",\n\"recipe\":\n{\"features\":\n[{\"feature\": \"colour\",\n"
                "\"pairs\":\n{\"beta\": 0}}]}}"),
      dir.Write("r.textproto",
                "model: 'digits'\nrecipe {\n  features {\n    feature: 'colour'\n    pairs {\n"
                "      beta: 0\n    }\n  }\n}\n")};
  const int lines_around[] = {4, 4, 3};
  for (int i = 0; i < 3; ++i) {
    const std::string& path = files[i];
    const SpecFile file = ReadSpecFile(path).value();
    const absl::Status exact = LocateInFile(FromServer("spec.recipe.features[0].pairs.beta", "must be above 0"), file);
    EXPECT_EQ(exact.message(), path + ":6: recipe.features[0].pairs.beta: must be above 0");
    // A field that the file does not set stands at the one around it.
    const absl::Status around = LocateInFile(FromServer("start.spec.recipe.features[0].kind", "give one"), file);
    EXPECT_EQ(around.message(), absl::StrCat(path, ":", lines_around[i], ": recipe.features[0].kind: give one"));
    EXPECT_EQ(client::DescribeError(around).field, "start.spec.recipe.features[0].kind");
  }
}

TEST(LocateInFileTest, OtherErrorsStayAsTheyAre) {
  TempDir dir;
  const SpecFile file = ReadSpecFile(dir.Write("r.yaml", "model: digits\n")).value();
  EXPECT_EQ(LocateInFile(absl::NotFoundError("no model"), file).message(), "no model");
  EXPECT_EQ(LocateInFile(FromServer("spec.batch_size", "too large"), file).message(), "too large");
  EXPECT_TRUE(LocateInFile(absl::OkStatus(), file).ok());
}

}  // namespace
}  // namespace facet::cli
