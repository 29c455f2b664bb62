// SPDX-License-Identifier: Apache-2.0
#include "model/data/import.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "model/data/csv_import.h"
#include "model/data/digits_import.h"
#include "model/data/kdef_import.h"
#include "model/features/text.h"

namespace facet::model {
namespace {

constexpr size_t kMaxDroppedListed = 1000;

// The options that a spec holds must be those of its format.
absl::Status CheckOptionsMatch(const v1::ImportSpec& spec, v1::ImportSpec::OptionsCase wanted) {
  const v1::ImportSpec::OptionsCase given = spec.options_case();
  if (given == wanted || given == v1::ImportSpec::OPTIONS_NOT_SET) return absl::OkStatus();
  const auto* field = v1::ImportSpec::descriptor()->FindFieldByNumber(given);
  return InvalidField(field->name(), "CONFLICTING_FIELDS",
                      absl::StrCat("the options '", field->name(), "' do not go with the format ",
                                   v1::DatasetFormat_Name(spec.format())));
}

}  // namespace

void ImportResult::Drop(const std::string& path, absl::string_view reason) {
  ++dropped_count;
  if (dropped.size() >= kMaxDroppedListed) return;
  v1::DroppedImage& image = dropped.emplace_back();
  image.set_path(IsValidUtf8(path) ? path : ShownText(path));
  image.set_reason(std::string(reason));
}

absl::Status ValidateImportSpec(const v1::ImportSpec& spec) {
  switch (spec.format()) {
    case v1::DATASET_FORMAT_CSV:
      RETURN_IF_ERROR(CheckOptionsMatch(spec, v1::ImportSpec::kCsv));
      return PrefixField(ValidateCsvOptions(spec.csv()), "csv");
    case v1::DATASET_FORMAT_IDX_DIGITS:
      RETURN_IF_ERROR(CheckOptionsMatch(spec, v1::ImportSpec::kDigits));
      return PrefixField(ValidateDigitsOptions(spec.digits()), "digits");
    case v1::DATASET_FORMAT_KDEF:
      RETURN_IF_ERROR(CheckOptionsMatch(spec, v1::ImportSpec::kKdef));
      return PrefixField(ValidateKdefOptions(spec.kdef()), "kdef");
    default:
      return InvalidField("format", "UNKNOWN_FORMAT",
                          "format must be DATASET_FORMAT_CSV, DATASET_FORMAT_IDX_DIGITS or DATASET_FORMAT_KDEF");
  }
}

absl::StatusOr<ImportResult> ImportImages(FileSystem& file_system, const ImportOptions& options) {
  RETURN_IF_ERROR(ValidateImportSpec(options.spec));
  switch (options.spec.format()) {
    case v1::DATASET_FORMAT_CSV:
      return ImportCsv(file_system, options);
    case v1::DATASET_FORMAT_KDEF:
      return ImportKdef(file_system, options);
    default:
      return ImportDigits(file_system, options);
  }
}

}  // namespace facet::model
