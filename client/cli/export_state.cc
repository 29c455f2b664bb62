// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_state.h"

#include <algorithm>
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
                                       {"reader", state.reader},
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
  for (const char* key : {"model_version", "fingerprint", "form", "reader", "token"}) {
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
  state.reader = json["reader"];
  state.images = json["images"];
  state.batches = json["batches"];
  state.parts = json["parts"];
  state.complete = json["complete"];
  if (!absl::Base64Unescape(json["token"].get<std::string>(), &state.token)) return std::nullopt;
  // What was written has a token to go on from; without it the stream would
  // begin again behind it.
  if (state.token.empty() != (state.batches == 0)) return std::nullopt;
  return state;
}

}  // namespace

std::string DescribeReader(const v1::StreamSpec& spec) {
  const auto place = [](const char* name, int index, int count) {
    return absl::StrCat(name, " ", index, " of ", std::max(1, count));
  };
  return absl::StrCat(place("rank", spec.rank(), spec.world_size()), ", ",
                      spec.workers() > 1 ? place("worker", spec.worker(), spec.workers()) + ", " : "", "from epoch ",
                      spec.first_epoch());
}

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
  if (found.reader != wanted.reader) {
    return absl::FailedPreconditionError(absl::StrCat("'", folder, "' holds what ", found.reader,
                                                      " reads of this stream, not ", wanted.reader,
                                                      "; choose another folder, one for each reader"));
  }
  return absl::OkStatus();
}

absl::Status SaveExportState(FileSystem& file_system, const std::string& folder, const ExportState& state) {
  RETURN_IF_ERROR(file_system.CreateDirs(folder));
  return file_system.WriteFileAtomically(absl::StrCat(folder, "/", kExportStateFile), ToText(state));
}

}  // namespace facet::cli
