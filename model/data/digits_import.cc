// SPDX-License-Identifier: Apache-2.0
#include "model/data/digits_import.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/choice.h"
#include "model/data/digits_source.h"
#include "model/data/source_file.h"
#include "model/image/square_transform.h"

namespace facet::model {
namespace {

constexpr int kDigits = 10;
constexpr int kDefaultExamples = 100;
constexpr int kMaxExamples = 10000;
// By channel, and by quarter turns.
const std::vector<std::string>& Colours() {
  static const auto& colours = *new std::vector<std::string>{"red", "green", "blue"};
  return colours;
}
const std::vector<std::string>& Rotations() {
  static const auto& rotations = *new std::vector<std::string>{"0", "90", "180", "270"};
  return rotations;
}

// What is asked for, with defaults in place.
struct Plan {
  std::vector<int> channels;
  std::vector<int> quarter_turns;
  int64_t examples = kDefaultExamples;
  int64_t skip = 0;
};

absl::StatusOr<Plan> MakePlan(const v1::DigitsImportOptions& options) {
  Plan plan;
  const std::vector<std::string> colours(options.colours().begin(), options.colours().end());
  ASSIGN_OR_RETURN(plan.channels, Choose("colours", colours, Colours()));
  std::vector<std::string> rotations;
  for (const int degrees : options.rotations()) rotations.push_back(absl::StrCat(degrees));
  ASSIGN_OR_RETURN(plan.quarter_turns, Choose("rotations", rotations, Rotations()));
  if (options.examples_per_digit() < 0 || options.examples_per_digit() > kMaxExamples) {
    return InvalidField("examples_per_digit", "OUT_OF_RANGE",
                        absl::StrCat("must be in [1, ", kMaxExamples, "], or 0 for ", kDefaultExamples, ", not ",
                                     options.examples_per_digit()));
  }
  if (options.examples_per_digit() > 0) plan.examples = options.examples_per_digit();
  if (options.skip_per_digit() < 0) {
    return InvalidField("skip_per_digit", "OUT_OF_RANGE",
                        absl::StrCat("must be at least 0, not ", options.skip_per_digit()));
  }
  plan.skip = options.skip_per_digit();
  return plan;
}

absl::StatusOr<FeatureSchema> MakeSchema(const Plan& plan) {
  std::vector<Feature> features = {{"digit", {}}, {"colour", {}}, {"rotation", {}}, {"example", {}}};
  for (int digit = 0; digit < kDigits; ++digit) features[0].classes.push_back(absl::StrCat(digit));
  for (const int channel : plan.channels) features[1].classes.push_back(Colours()[channel]);
  for (const int turns : plan.quarter_turns) features[2].classes.push_back(Rotations()[turns]);
  for (int64_t i = 0; i < plan.examples; ++i) features[3].classes.push_back(absl::StrCat(i));
  return FeatureSchema::Create(std::move(features));
}

// Indices of the pictures to take, by digit.
using Pictures = std::array<std::vector<int64_t>, kDigits>;

absl::StatusOr<Pictures> ChoosePictures(const DigitsSource& source, const Plan& plan) {
  Pictures pictures;
  for (size_t i = 0; i < source.digits.size(); ++i) {
    pictures[source.digits[i]].push_back(static_cast<int64_t>(i));
  }
  for (int digit = 0; digit < kDigits; ++digit) {
    std::vector<int64_t>& of_digit = pictures[digit];
    const int64_t count = static_cast<int64_t>(of_digit.size());
    if (count < plan.skip + plan.examples) {
      return InvalidField("digits.examples_per_digit", "TOO_FEW_EXAMPLES",
                          absl::StrCat("the source has ", count, " pictures of the digit ", digit, "; ", plan.skip,
                                       " to skip and ", plan.examples, " to take need ", plan.skip + plan.examples));
    }
    of_digit.erase(of_digit.begin(), of_digit.begin() + plan.skip);
    of_digit.resize(plan.examples);
  }
  return pictures;
}

// Adds one picture in every colour and rotation.
absl::Status AddVariants(const uint8_t* grey, const ImageShape& shape, const Plan& plan, uint16_t digit,
                         uint16_t example, DatasetWriter& writer) {
  std::vector<uint8_t> coloured(shape.samples());
  std::vector<uint8_t> turned(shape.samples());
  for (size_t c = 0; c < plan.channels.size(); ++c) {
    std::fill(coloured.begin(), coloured.end(), uint8_t{0});
    for (size_t i = 0; i < coloured.size() / 3; ++i) coloured[3 * i + plan.channels[c]] = grey[i];
    for (size_t r = 0; r < plan.quarter_turns.size(); ++r) {
      ApplySquareTransform({plan.quarter_turns[r], false}, shape, {}, coloured.data(), turned.data());
      const std::array<uint16_t, 4> labels = {digit, static_cast<uint16_t>(c), static_cast<uint16_t>(r), example};
      RETURN_IF_ERROR(writer.Add(turned.data(), labels));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateDigitsOptions(const v1::DigitsImportOptions& options) { return MakePlan(options).status(); }

absl::StatusOr<ImportResult> ImportDigits(FileSystem& file_system, const ImportOptions& options) {
  ASSIGN_OR_RETURN(const Plan plan, MakePlan(options.spec.digits()));
  ASSIGN_OR_RETURN(FeatureSchema schema, MakeSchema(plan));
  ASSIGN_OR_RETURN(const DigitsSource source, ReadDigitsSource(file_system, options.source));
  ASSIGN_OR_RETURN(const Pictures pictures, ChoosePictures(source, plan));
  const ImageShape shape = {source.side, source.side, 3};
  ASSIGN_OR_RETURN(const auto writer, DatasetWriter::Create(&file_system, options.target, std::move(schema), shape));
  for (int64_t example = 0; example < plan.examples; ++example) {
    for (int digit = 0; digit < kDigits; ++digit) {
      RETURN_IF_ERROR(CheckNotCancelled(options.cancelled));
      RETURN_IF_ERROR(AddVariants(source.picture(pictures[digit][example]), shape, plan, static_cast<uint16_t>(digit),
                                  static_cast<uint16_t>(example), *writer));
    }
  }
  ImportResult result;
  ASSIGN_OR_RETURN(result.info, writer->Finish());
  return result;
}

}  // namespace facet::model
