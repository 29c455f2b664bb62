// SPDX-License-Identifier: Apache-2.0
#include "model/data/import.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/proto/from_text.h"

namespace facet::model {
namespace {

using testing::HasSubstr;

v1::ImportSpec Spec(const std::string& text) { return FromText<v1::ImportSpec>(text); }

TEST(ValidateImportSpecTest, TakesDefaultsAndEdges) {
  for (const char* text :
       {"format: DATASET_FORMAT_CSV", "format: DATASET_FORMAT_IDX_DIGITS",
        "format: DATASET_FORMAT_CSV csv { image_size: 8 }", "format: DATASET_FORMAT_CSV csv { image_size: 1024 }",
        "format: DATASET_FORMAT_IDX_DIGITS digits { examples_per_digit: 10000 skip_per_digit: 5 "
        "colours: ['blue', 'red', 'green'] rotations: [270, 0, 90, 180] }",
        "format: DATASET_FORMAT_KDEF", "format: DATASET_FORMAT_CSV csv { face_crop { margin: 1 min_share: 0.02 } }",
        "format: DATASET_FORMAT_KDEF kdef { image_size: 64 sessions: 'B' expressions: ['SU', 'AF'] angles: 'S' "
        "transforms: ['m270', 'r0'] face_crop { min_share: 1 } }"}) {
    EXPECT_THAT(ValidateImportSpec(Spec(text)), IsOk()) << text;
  }
}

struct BadSpec {
  const char* name;
  const char* text;
  const char* field;
  const char* says;
};

class BadSpecTest : public testing::TestWithParam<BadSpec> {};

TEST_P(BadSpecTest, IsRefusedWithItsField) {
  const v1::ImportSpec spec = Spec(GetParam().text);
  const absl::Status status = ValidateImportSpec(spec);
  EXPECT_THAT(status, IsError(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().says)));
  EXPECT_EQ(GetErrorDetail(status).field, GetParam().field);
  ImportOptions options;
  options.source = "/nowhere";
  options.target = "/nowhere/target";
  options.spec = spec;
  EXPECT_EQ(ImportImages(*FileSystem::Posix(), options).status(), status);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSpecTest,
    testing::Values(
        BadSpec{"NoFormat", "", "format", "must be"}, BadSpec{"UnknownFormat", "format: 77", "format", "must be"},
        BadSpec{"SizeTooSmall", "format: DATASET_FORMAT_CSV csv { image_size: 7 }", "csv.image_size", "[8, 1024]"},
        BadSpec{"SizeTooLarge", "format: DATASET_FORMAT_CSV csv { image_size: 1025 }", "csv.image_size", "not 1025"},
        BadSpec{"SizeNegative", "format: DATASET_FORMAT_CSV csv { image_size: -1 }", "csv.image_size", "not -1"},
        BadSpec{"OptionsOfAnotherFormat", "format: DATASET_FORMAT_CSV digits {}", "digits", "DATASET_FORMAT_CSV"},
        BadSpec{"OptionsOfYetAnother", "format: DATASET_FORMAT_IDX_DIGITS kdef {}", "kdef", "do not go with"},
        BadSpec{"UnknownColour", "format: DATASET_FORMAT_IDX_DIGITS digits { colours: ['red', 'gren'] }",
                "digits.colours[1]", "Did you mean 'green'?"},
        BadSpec{"DoubledColour", "format: DATASET_FORMAT_IDX_DIGITS digits { colours: ['red', 'red'] }",
                "digits.colours[1]", "twice"},
        BadSpec{"UnknownRotation", "format: DATASET_FORMAT_IDX_DIGITS digits { rotations: [0, 45] }",
                "digits.rotations[1]", "'45'"},
        BadSpec{"DoubledRotation", "format: DATASET_FORMAT_IDX_DIGITS digits { rotations: [90, 0, 90] }",
                "digits.rotations[2]", "twice"},
        BadSpec{"TooManyExamples", "format: DATASET_FORMAT_IDX_DIGITS digits { examples_per_digit: 10001 }",
                "digits.examples_per_digit", "10001"},
        BadSpec{"NegativeExamples", "format: DATASET_FORMAT_IDX_DIGITS digits { examples_per_digit: -1 }",
                "digits.examples_per_digit", "-1"},
        BadSpec{"NegativeSkip", "format: DATASET_FORMAT_IDX_DIGITS digits { skip_per_digit: -1 }",
                "digits.skip_per_digit", "at least 0"},
        BadSpec{"MarginTooLarge", "format: DATASET_FORMAT_CSV csv { face_crop { margin: 1.1 } }",
                "csv.face_crop.margin", "[0, 1]"},
        BadSpec{"MarginNan", "format: DATASET_FORMAT_KDEF kdef { face_crop { margin: nan } }", "kdef.face_crop.margin",
                "not nan"},
        BadSpec{"FaceTooSmall", "format: DATASET_FORMAT_KDEF kdef { face_crop { min_share: 0.01 } }",
                "kdef.face_crop.min_share", "[0.02, 1]"},
        BadSpec{"KdefSizeTooLarge", "format: DATASET_FORMAT_KDEF kdef { image_size: 2000 }", "kdef.image_size",
                "0 for 158"},
        BadSpec{"UnknownSession", "format: DATASET_FORMAT_KDEF kdef { sessions: 'C' }", "kdef.sessions[0]", "'C'"},
        BadSpec{"UnknownExpression", "format: DATASET_FORMAT_KDEF kdef { expressions: ['NE', 'HAPPY'] }",
                "kdef.expressions[1]", "'HAPPY'"},
        BadSpec{"DoubledAngle", "format: DATASET_FORMAT_KDEF kdef { angles: ['S', 'S'] }", "kdef.angles[1]", "twice"},
        BadSpec{"UnknownPerson", "format: DATASET_FORMAT_KDEF kdef { people: ['F01', 'F36'] }", "kdef.people[1]",
                "'F36' is not possible"},
        BadSpec{"UnknownTransform", "format: DATASET_FORMAT_KDEF kdef { transforms: ['r45'] }", "kdef.transforms[0]",
                "r90"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace facet::model
