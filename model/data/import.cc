// SPDX-License-Identifier: Apache-2.0
#include "model/data/import.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/csv_import.h"
#include "model/data/digits_import.h"

namespace facet::model {
namespace {

// The options that a spec holds must be those of its format.
absl::Status CheckOptionsMatch(const v1::ImportSpec& spec, v1::ImportSpec::OptionsCase wanted) {
  const v1::ImportSpec::OptionsCase given = spec.options_case();
  if (given == wanted || given == v1::ImportSpec::OPTIONS_NOT_SET) return absl::OkStatus();
  const auto* field = v1::ImportSpec::descriptor()->FindFieldByNumber(given);
  return InvalidField(field->name(), "CONFLICTING_FIELDS",
                      absl::StrCat("the options '", field->name(), "' do not go with the format ",
                                   v1::DatasetFormat_Name(spec.format())));
}

absl::Status KdefUnimplemented() {
  return absl::UnimplementedError(
      "importing KDEF folders comes in a later version; bring the faces as a CSV data set until then");
}

}  // namespace

absl::Status ValidateImportSpec(const v1::ImportSpec& spec) {
  switch (spec.format()) {
    case v1::DATASET_FORMAT_CSV:
      RETURN_IF_ERROR(CheckOptionsMatch(spec, v1::ImportSpec::kCsv));
      return PrefixField(ValidateCsvOptions(spec.csv()), "csv");
    case v1::DATASET_FORMAT_IDX_DIGITS:
      RETURN_IF_ERROR(CheckOptionsMatch(spec, v1::ImportSpec::kDigits));
      return PrefixField(ValidateDigitsOptions(spec.digits()), "digits");
    case v1::DATASET_FORMAT_KDEF:
      return KdefUnimplemented();
    default:
      return InvalidField("format", "UNKNOWN_FORMAT",
                          "format must be DATASET_FORMAT_CSV or DATASET_FORMAT_IDX_DIGITS");
  }
}

absl::StatusOr<ImportResult> ImportImages(FileSystem& file_system, const ImportOptions& options) {
  RETURN_IF_ERROR(ValidateImportSpec(options.spec));
  if (options.spec.format() == v1::DATASET_FORMAT_CSV) return ImportCsv(file_system, options);
  return ImportDigits(file_system, options);
}

}  // namespace facet::model
