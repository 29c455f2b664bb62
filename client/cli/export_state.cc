// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_state.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace facet::cli {
namespace {

std::string ToText(const ExportState& state) {
  const nlohmann::ordered_json json = {{"model_version", state.model_version},
                                       {"fingerprint", state.fingerprint},
                                       {"form", state.form},
                                       {"images", state.images},
                                       {"batches", state.batches},
                                       {"parts", state.parts},
                                       {"complete", state.complete},
                                       {"token", absl::Base64Escape(state.token)}};
  return json.dump(2) + "\n";
}

std::optional<ExportState> FromText(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  for (const char* key : {"model_version", "fingerprint", "form", "token"}) {
    if (!json.contains(key) || !json[key].is_string()) return std::nullopt;
  }
  for (const char* key : {"images", "batches", "parts"}) {
    if (!json.contains(key) || !json[key].is_number_unsigned()) return std::nullopt;
  }
  if (!json.contains("complete") || !json["complete"].is_boolean()) return std::nullopt;
  ExportState state;
  state.model_version = json["model_version"];
  state.fingerprint = json["fingerprint"];
  state.form = json["form"];
  state.images = json["images"];
  state.batches = json["batches"];
  state.parts = json["parts"];
  state.complete = json["complete"];
  if (!absl::Base64Unescape(json["token"].get<std::string>(), &state.token)) return std::nullopt;
  return state;
}

}  // namespace

absl::StatusOr<std::optional<ExportState>> LoadExportState(FileSystem& file_system, const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kExportStateFile);
  if (!file_system.Exists(path)) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string text, file_system.ReadFile(path));
  std::optional<ExportState> state = FromText(text);
  if (!state.has_value()) {
    return absl::DataLossError(absl::StrCat("'", path, "' is not the state of an export; remove it to begin anew"));
  }
  return state;
}

absl::Status CheckSameExport(const ExportState& found, const ExportState& wanted, const std::string& folder) {
  if (found.form != wanted.form) {
    return absl::FailedPreconditionError(absl::StrCat("'", folder, "' holds an export as ", found.form, ", not as ",
                                                      wanted.form, "; choose another folder"));
  }
  if (found.fingerprint != wanted.fingerprint) {
    return absl::FailedPreconditionError(absl::StrCat("'", folder,
                                                      "' holds an export of another model version, recipe or seed (of ",
                                                      found.model_version, "); choose another folder"));
  }
  return absl::OkStatus();
}

absl::Status SaveExportState(FileSystem& file_system, const std::string& folder, const ExportState& state) {
  RETURN_IF_ERROR(file_system.CreateDirs(folder));
  return file_system.WriteFileAtomically(absl::StrCat(folder, "/", kExportStateFile), ToText(state));
}

}  // namespace facet::cli
