// SPDX-License-Identifier: Apache-2.0
#include "server/core/resource_name.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

constexpr absl::string_view kJobs = "trainingJobs/";

absl::Status BadName(absl::string_view field, absl::string_view why, absl::string_view example) {
  return InvalidField(field, "INVALID_NAME", absl::StrCat(why, "; a good name is '", example, "'"));
}

struct Parts {
  std::string id;
  std::string qualifier;  // what follows '@'
  bool has_qualifier = false;
};

absl::StatusOr<Parts> SplitName(absl::string_view name, absl::string_view collection, absl::string_view field,
                                absl::string_view example) {
  if (name.empty()) return BadName(field, "the name is empty", example);
  absl::ConsumePrefix(&name, collection);
  Parts parts;
  const size_t at = name.find('@');
  parts.has_qualifier = at != absl::string_view::npos;
  parts.id = std::string(name.substr(0, at));
  if (parts.has_qualifier) parts.qualifier = std::string(name.substr(at + 1));
  if (absl::Status status = ValidateId(parts.id, "the name"); !status.ok()) {
    return BadName(field, status.message(), example);
  }
  return parts;
}

bool ParseVersion(absl::string_view text, int64_t& version) {
  return !text.empty() && text[0] != '+' && absl::SimpleAtoi(text, &version) && version > 0;
}

}  // namespace

std::string ModelName::ToString() const {
  if (version != 0) return absl::StrCat("models/", id, "@", version);
  return alias.empty() ? absl::StrCat("models/", id) : absl::StrCat("models/", id, "@", alias);
}

std::string DatasetName::ToString() const {
  return version == 0 ? absl::StrCat("datasets/", id) : absl::StrCat("datasets/", id, "@", version);
}

absl::StatusOr<ModelName> ParseModelName(absl::string_view name, absl::string_view field) {
  constexpr absl::string_view kExample = "models/digits@3";
  ASSIGN_OR_RETURN(Parts parts, SplitName(name, "models/", field, kExample));
  ModelName result;
  result.id = std::move(parts.id);
  if (!parts.has_qualifier || ParseVersion(parts.qualifier, result.version)) return result;
  if (!ValidateId(parts.qualifier, "alias").ok()) {
    return BadName(field, "what follows '@' must be a version (1, 2, …) or an alias", kExample);
  }
  result.alias = std::move(parts.qualifier);
  return result;
}

absl::StatusOr<DatasetName> ParseDatasetName(absl::string_view name, absl::string_view field) {
  constexpr absl::string_view kExample = "datasets/digits@1";
  ASSIGN_OR_RETURN(Parts parts, SplitName(name, "datasets/", field, kExample));
  DatasetName result;
  result.id = std::move(parts.id);
  if (!parts.has_qualifier || ParseVersion(parts.qualifier, result.version)) return result;
  return BadName(field, "what follows '@' must be a version (1, 2, …)", kExample);
}

absl::StatusOr<std::string> ParseJobName(absl::string_view name, absl::string_view field) {
  constexpr absl::string_view kExample = "trainingJobs/digits-1";
  ASSIGN_OR_RETURN(Parts parts, SplitName(name, kJobs, field, kExample));
  if (parts.has_qualifier) return BadName(field, "a job has no versions", kExample);
  return JobName(parts.id);
}

std::string JobName(absl::string_view id) { return absl::StrCat(kJobs, id); }

absl::string_view JobIdOf(absl::string_view name) { return absl::StripPrefix(name, kJobs); }

}  // namespace facet::server
