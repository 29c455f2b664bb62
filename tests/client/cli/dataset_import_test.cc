// SPDX-License-Identifier: Apache-2.0
#include "client/cli/dataset_import.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/base/status_is.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ImportOptions FromFolder(const std::string& format) {
  ImportOptions options;
  options.dataset = "up";
  options.path = "folder";
  options.format = format;
  return options;
}

ImportOptions Bundled() {
  ImportOptions options;
  options.dataset = "up";
  options.bundled = "digits";
  return options;
}

// That options which contradict each other are refused, with both in the text.
void ExpectRefused(const ImportOptions& options, const std::string& one, const std::string& other) {
  EXPECT_THAT(MakeImportSpec(options).status(),
              IsError(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(one), HasSubstr(other))));
}

TEST(MakeImportSpecTest, TheFormatIsCsvOrThatOfWhatIsBundled) {
  EXPECT_EQ(MakeImportSpec(FromFolder(""))->format(), v1::DATASET_FORMAT_CSV);
  EXPECT_EQ(MakeImportSpec(FromFolder("kdef"))->format(), v1::DATASET_FORMAT_KDEF);
  EXPECT_EQ(MakeImportSpec(Bundled())->format(), v1::DATASET_FORMAT_IDX_DIGITS);
  ImportOptions said = Bundled();
  said.format = "idx-digits";
  said.examples_per_digit = 3;
  EXPECT_EQ(MakeImportSpec(said)->digits().examples_per_digit(), 3);
  ExpectRefused(FromFolder("tar"), "--format 'tar'", "kdef");
  ExpectRefused(ImportOptions(), "folder", "--bundled");
}

TEST(MakeImportSpecTest, BundledDataIsNoFolder) {
  ImportOptions options = Bundled();
  options.path = ".";
  ExpectRefused(options, "--bundled digits", "folder '.'");
  options = Bundled();
  options.on_server = true;
  ExpectRefused(options, "--bundled digits", "--on-server");
  options = Bundled();
  options.format = "csv";
  ExpectRefused(options, "--bundled digits", "--format csv");
}

TEST(MakeImportSpecTest, OptionsOfAnotherFormatAreRefused) {
  struct Case {
    const char* format;
    std::function<void(ImportOptions&)> give;
    const char* option;
  };
  const std::vector<Case> cases = {
      {"csv", [](ImportOptions& o) { o.sessions = {"A"}; }, "--sessions"},
      {"csv", [](ImportOptions& o) { o.expressions = {"NE"}; }, "--expressions"},
      {"csv", [](ImportOptions& o) { o.angles = {"S"}; }, "--angles"},
      {"csv", [](ImportOptions& o) { o.people = {"F01"}; }, "--people"},
      {"csv", [](ImportOptions& o) { o.transforms = {"r0"}; }, "--transforms"},
      {"csv", [](ImportOptions& o) { o.examples_per_digit = 3; }, "--per-digit"},
      {"kdef", [](ImportOptions& o) { o.skip_per_digit = 3; }, "--skip"},
      {"idx-digits", [](ImportOptions& o) { o.image_size = 64; }, "--size"},
      {"idx-digits", [](ImportOptions& o) { o.face_crop = true; }, "--face-crop"},
      {"idx-digits", [](ImportOptions& o) { o.min_face = 0.5; }, "--min-face"},
  };
  for (const Case& one : cases) {
    ImportOptions options = FromFolder(one.format);
    one.give(options);
    ExpectRefused(options, absl::StrCat(one.option, " goes with --format "), absl::StrCat("not with ", one.format));
  }
}

TEST(MakeImportSpecTest, OfACsvFacesAreMeasuredWhereTheyAreCutOut) {
  ImportOptions options = FromFolder("csv");
  options.min_face = 0.5;
  ExpectRefused(options, "--min-face", "--face-crop");
  options.face_crop = true;
  EXPECT_FLOAT_EQ(MakeImportSpec(options)->csv().face_crop().min_share(), 0.5f);
  options.format = "kdef";
  options.face_crop = false;
  EXPECT_FLOAT_EQ(MakeImportSpec(options)->kdef().face_crop().min_share(), 0.5f);
}

}  // namespace
}  // namespace facet::cli
