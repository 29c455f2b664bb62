// SPDX-License-Identifier: Apache-2.0
#include "client/cli/dataset_import.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "client/cli/import_progress.h"
#include "client/cli/left_out.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

absl::StatusOr<v1::DatasetFormat> ParseFormat(const std::string& format) {
  if (format == "csv") return v1::DATASET_FORMAT_CSV;
  if (format == "idx-digits") return v1::DATASET_FORMAT_IDX_DIGITS;
  if (format == "kdef") return v1::DATASET_FORMAT_KDEF;
  return absl::InvalidArgumentError(absl::StrCat("--format '", format, "' must be csv, idx-digits or kdef"));
}

std::string FormatOf(const ImportOptions& options) {
  if (!options.format.empty()) return options.format;
  return options.bundled.empty() ? "csv" : "idx-digits";
}

// What is not imported must not look as if it were.
absl::Status CheckSource(const ImportOptions& options) {
  if (options.bundled.empty()) return absl::OkStatus();
  std::string other;
  if (!options.path.empty()) other = absl::StrCat("the folder '", options.path, "'");
  if (options.on_server) other = "--on-server";
  if (!options.format.empty() && options.format != "idx-digits") other = absl::StrCat("--format ", options.format);
  if (other.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--bundled ", options.bundled, " does not go with ", other));
}

// No option is ignored because the format knows nothing of it.
absl::Status CheckGoesWith(const ImportOptions& options, const std::string& format) {
  struct Option {
    const char* name;
    bool given;
    std::vector<std::string> formats;
  };
  const Option all[] = {{"--per-digit", options.examples_per_digit != 0, {"idx-digits"}},
                        {"--skip", options.skip_per_digit != 0, {"idx-digits"}},
                        {"--size", options.image_size != 0, {"csv", "kdef"}},
                        {"--sessions", !options.sessions.empty(), {"kdef"}},
                        {"--expressions", !options.expressions.empty(), {"kdef"}},
                        {"--angles", !options.angles.empty(), {"kdef"}},
                        {"--people", !options.people.empty(), {"kdef"}},
                        {"--transforms", !options.transforms.empty(), {"kdef"}},
                        {"--face-crop", options.face_crop, {"csv", "kdef"}},
                        {"--min-face", options.min_face != 0, {"csv", "kdef"}},
                        {"--face-margin", options.face_margin != 0, {"csv", "kdef"}},
                        {"--best-of-several", options.best_of_several, {"csv", "kdef"}}};
  const std::set<std::string> of_faces = {"--min-face", "--face-margin", "--best-of-several"};
  for (const Option& option : all) {
    if (!option.given) continue;
    if (std::find(option.formats.begin(), option.formats.end(), format) == option.formats.end()) {
      return absl::InvalidArgumentError(absl::StrCat(option.name, " goes with --format ",
                                                     absl::StrJoin(option.formats, " or "), ", not with ", format));
    }
    if (format == "csv" && !options.face_crop && of_faces.count(option.name) > 0) {
      return absl::InvalidArgumentError(absl::StrCat(option.name, " goes with --face-crop"));
    }
  }
  return absl::OkStatus();
}

void SetFaceCrop(const ImportOptions& options, v1::FaceCrop& face) {
  face.set_min_share(options.min_face);
  face.set_margin(options.face_margin);
  face.set_best_of_several(options.best_of_several);
}

void SetKdef(const ImportOptions& options, v1::KdefImportOptions& kdef) {
  kdef.set_image_size(options.image_size);
  kdef.mutable_sessions()->Add(options.sessions.begin(), options.sessions.end());
  kdef.mutable_expressions()->Add(options.expressions.begin(), options.expressions.end());
  kdef.mutable_angles()->Add(options.angles.begin(), options.angles.end());
  kdef.mutable_people()->Add(options.people.begin(), options.people.end());
  kdef.mutable_transforms()->Add(options.transforms.begin(), options.transforms.end());
  SetFaceCrop(options, *kdef.mutable_face_crop());
}

}  // namespace

absl::StatusOr<v1::ImportSpec> MakeImportSpec(const ImportOptions& options) {
  const std::string format = FormatOf(options);
  ASSIGN_OR_RETURN(const v1::DatasetFormat parsed, ParseFormat(format));
  RETURN_IF_ERROR(CheckSource(options));
  RETURN_IF_ERROR(CheckGoesWith(options, format));
  v1::ImportSpec spec;
  spec.set_dataset(options.dataset);
  spec.set_description(options.description);
  spec.set_format(parsed);
  if (!options.bundled.empty()) {
    spec.mutable_bundled()->set_name(options.bundled);
  } else {
    if (options.path.empty()) return absl::InvalidArgumentError("give the folder to import, or --bundled digits");
    if (options.on_server) {
      if (!IsValidUtf8(options.path)) {
        return absl::InvalidArgumentError(absl::StrCat("the folder '", options.path, "' of the server is not UTF-8"));
      }
      spec.mutable_folder()->set_path(options.path);
    } else {
      spec.mutable_upload();
    }
  }
  if (spec.format() == v1::DATASET_FORMAT_IDX_DIGITS) {
    spec.mutable_digits()->set_examples_per_digit(options.examples_per_digit);
    spec.mutable_digits()->set_skip_per_digit(options.skip_per_digit);
  } else if (spec.format() == v1::DATASET_FORMAT_CSV) {
    spec.mutable_csv()->set_image_size(options.image_size);
    if (options.face_crop) SetFaceCrop(options, *spec.mutable_csv()->mutable_face_crop());
  } else {
    SetKdef(options, *spec.mutable_kdef());
  }
  return spec;
}

absl::StatusOr<v1::Dataset> RunImport(Context& context, v1::ImportSpec spec, const std::string& folder) {
  spec.set_import_id(RandomHexId());
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ImportProgress progress(client, absl::StrCat("import ", spec.dataset()), spec.import_id(), context.json);
  return client->ImportDataset(spec, folder, [&](uint64_t sent, uint64_t total) { progress.Sent(sent, total); });
}

std::string DescribeDataset(const v1::Dataset& dataset) {
  std::string text = absl::StrCat(dataset.name(), ": ", dataset.image_count(), " images of ", dataset.width(), " x ",
                                  dataset.height(), ", ", FormatBytes(dataset.size_bytes()), "\n");
  for (const auto& feature : dataset.schema().features()) {
    std::vector<std::string> shown(feature.classes().begin(), feature.classes().end());
    const size_t all = shown.size();
    if (all > 12) shown.resize(12);
    absl::StrAppend(&text, "  ", feature.name(), " (", all, "): ", absl::StrJoin(shown, ", "),
                    all > shown.size() ? ", …" : "", "\n");
  }
  absl::StrAppend(&text, "  fingerprint ", dataset.fingerprint().substr(0, 16), "\n");
  if (!dataset.description().empty()) absl::StrAppend(&text, "  ", dataset.description(), "\n");
  return absl::StrCat(text, DescribeLeftOut(dataset));
}

}  // namespace facet::cli
