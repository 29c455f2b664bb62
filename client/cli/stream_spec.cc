// SPDX-License-Identifier: Apache-2.0
#include "client/cli/stream_spec.h"

#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "client/cli/json_syntax.h"
#include "client/cli/text_fields.h"
#include "facet/client/error.h"
#include "facet/client/feature_vector.h"

namespace facet::cli {
namespace {

std::string Describe(const std::string& path, const FileMistake& mistake) {
  std::string text = path;
  if (mistake.line > 0) absl::StrAppend(&text, ":", mistake.line);
  if (!mistake.field.empty()) absl::StrAppend(&text, ": ", mistake.field);
  return absl::StrCat(text, ": ", mistake.message);
}

bool EndsWithAny(absl::string_view path, std::initializer_list<absl::string_view> endings) {
  for (const absl::string_view ending : endings) {
    if (absl::EndsWithIgnoreCase(path, ending)) return true;
  }
  return false;
}

// Reads `text` in the form that the ending of `file.path` says.
std::vector<FileMistake> Read(std::string text, SpecFile& file) {
  if (EndsWithAny(file.path, {".yaml", ".yml"})) return ReadYaml(text, file.spec, file.lines);
  if (!EndsWithAny(file.path, {".json"})) return ReadTextFields(text, file.spec, file.lines);
  if (const auto mistake = FindJsonMistake(text); mistake.has_value()) return {*mistake};
  // JSON is YAML, whose reader knows lines, but for tabs between values.
  absl::StrReplaceAll({{"\t", " "}}, &text);
  return ReadYaml(text, file.spec, file.lines);
}

absl::Status BadMix(const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat("--mix '", text, "': write feature, feature:0.5, feature:0.3-0.7 or feature:beta=0.4"));
}

// The field, or the nearest around it that the file sets; empty: none.
std::string NearestSet(std::string field, const FieldLines& lines) {
  while (!field.empty() && lines.count(field) == 0) {
    const size_t cut = field.find_last_of(".[");
    field.resize(cut == std::string::npos ? 0 : cut);
  }
  return field;
}

// What is wrong with a field of a request, with its line of the file; nullopt
// where the file sets nothing around it.
std::optional<std::string> Locate(const std::string& described, absl::string_view message, const SpecFile& file) {
  absl::string_view field = described;
  absl::ConsumePrefix(&field, "start.");
  if (!absl::ConsumePrefix(&field, "spec.")) return std::nullopt;
  const std::string set = NearestSet(std::string(field), file.lines);
  if (set.empty()) return std::nullopt;
  // The server puts the path in front of its message, too.
  absl::ConsumePrefix(&message, absl::StrCat(described, ": "));
  return Describe(file.path, {file.lines.at(set), std::string(field), std::string(message)});
}

absl::Status WithMessage(const absl::Status& status, const std::string& message) {
  absl::Status other(status.code(), message);
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { other.SetPayload(url, payload); });
  return other;
}

}  // namespace

absl::StatusOr<SpecFile> ReadSpecFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, FileSystem::Posix()->ReadFile(path));
  SpecFile file;
  file.path = path;
  const std::vector<FileMistake> mistakes = Read(std::move(text), file);
  if (mistakes.empty()) return file;
  std::vector<std::string> lines;
  for (const FileMistake& mistake : mistakes) lines.push_back(Describe(path, mistake));
  if (!EndsWithAny(path, {".yaml", ".yml", ".json", ".textproto", ".txtpb", ".pbtxt"})) {
    lines.push_back("It was read as protobuf text: a recipe in YAML or JSON ends in .yaml, .yml or .json");
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

absl::Status LocateInFile(const absl::Status& status, const SpecFile& file) {
  const client::ErrorDescription details = client::DescribeError(status);
  if (status.ok() || (file.path.empty() && details.violations.size() < 2)) return status;
  if (details.violations.size() < 2) {
    const absl::string_view message = absl::StripPrefix(status.message(), absl::StrCat(details.field, ": "));
    const std::optional<std::string> located = Locate(details.field, message, file);
    return located.has_value() ? WithMessage(status, *located) : status;
  }
  std::vector<std::string> lines;
  for (const client::FieldViolation& mistake : details.violations) {
    lines.push_back(Locate(mistake.field, mistake.description, file)
                        .value_or(absl::StrCat(mistake.field, ": ", mistake.description)));
  }
  if (lines.size() >= kMostViolations) {
    lines.push_back(absl::StrCat("... and perhaps more: only the first ", lines.size(), " are told"));
  }
  return WithMessage(status, absl::StrJoin(lines, "\n"));
}

absl::StatusOr<v1::FeatureRecipe> ParseMix(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  v1::FeatureRecipe recipe;
  recipe.set_feature(parts[0]);
  v1::PairMix& pairs = *recipe.mutable_pairs();
  absl::string_view ratio = parts.size() == 2 ? absl::string_view(parts[1]) : "0.5";
  float low = 0, high = 0;
  if (absl::ConsumePrefix(&ratio, "beta=")) {
    if (!absl::SimpleAtof(ratio, &low)) return BadMix(text);
    pairs.set_beta(low);
    return recipe;
  }
  const std::vector<std::string> range = absl::StrSplit(ratio, absl::MaxSplits('-', 1));
  if (!absl::SimpleAtof(range[0], &low)) return BadMix(text);
  if (range.size() == 1) {
    pairs.set_fixed(low);
    return recipe;
  }
  if (!absl::SimpleAtof(range[1], &high)) return BadMix(text);
  pairs.mutable_range()->set_min(low);
  pairs.mutable_range()->set_max(high);
  return recipe;
}

absl::StatusOr<v1::FeatureRecipe> ParseOnly(const std::string& text) {
  ASSIGN_OR_RETURN(v1::FeatureWeights weights, client::ParseFeatureWeights(text));
  v1::FeatureRecipe recipe;
  recipe.set_feature(weights.feature());
  bool mixed = false;
  for (const auto& weight : weights.weights()) mixed = mixed || weight.has_weight() || weight.has_index();
  if (mixed) {
    *recipe.mutable_fixed() = std::move(weights);
  } else {
    for (const auto& weight : weights.weights()) recipe.mutable_classes()->add_classes(weight.class_());
  }
  return recipe;
}

absl::StatusOr<v1::RealImages> ParseReal(const std::string& text) {
  const size_t colon = text.rfind(':');
  v1::RealImages real;
  float share = 0;
  if (colon == std::string::npos || !absl::SimpleAtof(text.substr(colon + 1), &share)) {
    return absl::InvalidArgumentError(absl::StrCat("--real '", text, "': write dataset:share, such as digits:0.25"));
  }
  real.set_dataset(text.substr(0, colon));
  real.set_share(share);
  return real;
}

}  // namespace facet::cli
