// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_state.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "client/cli/export_writer.h"

namespace facet::cli {
namespace {

constexpr char kAnew[] = "remove the folder, or choose another, to begin anew";

nlohmann::ordered_json ToJson(const std::map<int, ExportPart>& made) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& [number, part] : made) {
    list.push_back({{"part", number},
                    {"batches", part.batches},
                    {"first_image", part.first_image},
                    {"digest", part.digest},
                    {"token", absl::Base64Escape(part.token)}});
  }
  return list;
}

std::optional<std::map<int, ExportPart>> PartsFrom(const nlohmann::json& list, int parts) {
  std::map<int, ExportPart> made;
  if (!list.is_array()) return std::nullopt;
  for (const auto& json : list) {
    if (!json.is_object()) return std::nullopt;
    for (const char* key : {"part", "batches", "first_image"}) {
      if (!json.contains(key) || !json[key].is_number_unsigned()) return std::nullopt;
    }
    for (const char* key : {"digest", "token"}) {
      if (!json.contains(key) || !json[key].is_string()) return std::nullopt;
    }
    const uint64_t number = json["part"];
    if (number >= static_cast<uint64_t>(parts)) return std::nullopt;
    ExportPart& part = made[static_cast<int>(number)];
    part.batches = json["batches"];
    part.first_image = json["first_image"];
    part.digest = json["digest"];
    if (!absl::Base64Unescape(json["token"].get<std::string>(), &part.token)) return std::nullopt;
    // As of the whole below: without it the part would be the stream's beginning.
    if (part.token.empty() != (number == 0)) return std::nullopt;
  }
  return made;
}

std::string ToText(const ExportState& state) {
  const nlohmann::ordered_json json = {{"model_version", state.model_version},
                                       {"dataset_version", state.dataset_version},
                                       {"judge_versions", state.judge_versions},
                                       {"fingerprint", state.fingerprint},
                                       {"form", state.form},
                                       {"reader", state.reader},
                                       {"images", state.images},
                                       {"batches", state.batches},
                                       {"parts", state.parts},
                                       {"complete", state.complete},
                                       {"token", absl::Base64Escape(state.token)},
                                       {"made", ToJson(state.made)}};
  return json.dump(2) + "\n";
}

std::optional<ExportState> FromText(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  for (const char* key : {"model_version", "fingerprint", "form", "token"}) {
    if (!json.contains(key) || !json[key].is_string()) return std::nullopt;
  }
  // An older program did not write these.
  for (const char* key : {"dataset_version", "reader"}) {
    if (json.contains(key) && !json[key].is_string()) return std::nullopt;
  }
  const auto judges = json.value("judge_versions", nlohmann::json::array());
  if (!judges.is_array()) return std::nullopt;
  for (const auto& version : judges) {
    if (!version.is_string()) return std::nullopt;
  }
  for (const char* key : {"images", "batches", "parts"}) {
    if (!json.contains(key) || !json[key].is_number_unsigned()) return std::nullopt;
  }
  if (!json.contains("complete") || !json["complete"].is_boolean()) return std::nullopt;
  ExportState state;
  state.model_version = json["model_version"];
  state.dataset_version = json.value("dataset_version", "");
  state.judge_versions = judges.get<std::vector<std::string>>();
  state.fingerprint = json["fingerprint"];
  state.form = json["form"];
  state.reader = json.value("reader", "");
  state.images = json["images"];
  state.batches = json["batches"];
  state.parts = json["parts"];
  state.complete = json["complete"];
  if (!absl::Base64Unescape(json["token"].get<std::string>(), &state.token)) return std::nullopt;
  // What was written has a token to go on from; without it the stream would
  // begin again behind it.
  if (state.token.empty() != (state.batches == 0)) return std::nullopt;
  auto made = PartsFrom(json.value("made", nlohmann::json::array()), state.parts);
  if (!made.has_value()) return std::nullopt;
  state.made = *std::move(made);
  return state;
}

bool IsShard(const std::string& name) { return absl::StartsWith(name, "shard-") && absl::EndsWith(name, ".tar"); }

// INT_MAX: an export gives no shard that name.
int ShardNumber(absl::string_view name) {
  int number = 0;
  const bool plain = absl::SimpleAtoi(name.substr(strlen("shard-"), name.size() - strlen("shard-.tar")), &number);
  return plain && absl::StrFormat("shard-%06d.tar", number) == name ? number : std::numeric_limits<int>::max();
}

// `models/digits@3` is one of `digits` and of `models/digits`.
bool IsVersionOf(const std::string& version, const std::string& asked) {
  const std::string name = version.substr(0, version.find('@'));
  return !asked.empty() && (name == asked || name.substr(name.find('/') + 1) == asked);
}

// What differs of two exports whose fingerprints do.
std::string DescribeDifference(const ExportState& found, const ExportState& wanted) {
  std::vector<std::string> differences;
  const auto compare = [&](const char* what, const std::string& has, const std::string& asks) {
    const auto name = [](const std::string& version) { return version.empty() ? "none" : version; };
    if (has != asks) differences.push_back(absl::StrCat("another ", what, " (", name(has), ", not ", name(asks), ")"));
  };
  compare("model version", found.model_version, wanted.model_version);
  compare("data set version", found.dataset_version, wanted.dataset_version);
  compare("judge", absl::StrJoin(found.judge_versions, ", "), absl::StrJoin(wanted.judge_versions, ", "));
  if (differences.empty()) return absl::StrCat("another recipe or seed (of ", found.model_version, ")");
  return absl::StrJoin(differences, " and ");
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
    return absl::DataLossError(absl::StrCat("'", path, "' is not the state of an export; ", kAnew));
  }
  return state;
}

void KeepVersions(const ExportState& found, v1::StreamSpec& spec) {
  if (IsVersionOf(found.model_version, spec.model())) spec.set_model(found.model_version);
  if (IsVersionOf(found.dataset_version, spec.recipe().real().dataset())) {
    spec.mutable_recipe()->mutable_real()->set_dataset(found.dataset_version);
  }
  const int judges = spec.recipe().filter().confidence_size();
  if (static_cast<int>(found.judge_versions.size()) != judges) return;
  for (int i = 0; i < judges; ++i) {
    // One that is not named is the model, which keeps its version above.
    if (!IsVersionOf(found.judge_versions[i], spec.recipe().filter().confidence(i).judge())) continue;
    spec.mutable_recipe()->mutable_filter()->mutable_confidence(i)->set_judge(found.judge_versions[i]);
  }
}

absl::Status CheckSameExport(const ExportState& found, const ExportState& wanted, const std::string& folder) {
  if (found.form != wanted.form) {
    return absl::FailedPreconditionError(absl::StrCat("'", folder, "' holds an export as ", found.form, ", not as ",
                                                      wanted.form, "; choose another folder"));
  }
  if (found.fingerprint != wanted.fingerprint) {
    return absl::FailedPreconditionError(absl::StrCat("'", folder, "' holds an export of ",
                                                      DescribeDifference(found, wanted), "; choose another folder"));
  }
  if (!found.reader.empty() && found.reader != wanted.reader) {
    return absl::FailedPreconditionError(absl::StrCat("'", folder, "' holds what ", found.reader,
                                                      " reads of this stream, not ", wanted.reader,
                                                      "; choose another folder, one for each reader"));
  }
  return absl::OkStatus();
}

absl::Status CheckNoRemains(FileSystem& file_system, const std::string& folder) {
  if (!file_system.Exists(folder)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system.List(folder));
  for (const std::string& name : names) {
    if (!IsShard(name) && !absl::StartsWith(name, ".part-") && name != kImagesFolder) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "'", folder, "' holds '", name, "' of another export, without its ", kExportStateFile, "; ", kAnew));
  }
  return absl::OkStatus();
}

absl::Status CheckNoStrangers(FileSystem& file_system, const std::string& folder, const ExportState& found) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system.List(folder));
  // One more may have been finished before the state of what goes on could count it.
  const int last = found.complete ? found.parts - 1 : found.parts;
  for (const std::string& name : names) {
    if (!IsShard(name) || ShardNumber(name) <= last) continue;
    return absl::FailedPreconditionError(absl::StrCat("'", folder, "' holds '", name, "', but its export has come to ",
                                                      found.parts, " shards only; move that file to another folder"));
  }
  return absl::OkStatus();
}

absl::Status SaveExportState(FileSystem& file_system, const std::string& folder, const ExportState& state) {
  RETURN_IF_ERROR(file_system.CreateDirs(folder));
  return file_system.WriteFileAtomically(absl::StrCat(folder, "/", kExportStateFile), ToText(state));
}

}  // namespace facet::cli
