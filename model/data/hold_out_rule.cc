// SPDX-License-Identifier: Apache-2.0
#include "model/data/hold_out_rule.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/hold_out.h"
#include "model/features/text.h"

namespace facet::model {
namespace {

constexpr size_t kMaxNameLength = 63;

absl::Status ValidateRuleName(absl::string_view name) {
  const bool valid = !name.empty() && name.size() <= kMaxNameLength && absl::ascii_islower(name[0]) &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-';
                     });
  if (valid) return absl::OkStatus();
  return InvalidField("name", "INVALID_ID",
                      absl::StrCat("rule name '", ShownText(name),
                                   "' must be 1 to 63 lower-case letters, digits, underscores and hyphens, "
                                   "beginning with a letter"));
}

// Indices of the features named in one list; `taken` holds those named before.
absl::StatusOr<std::vector<int>> ResolveFeatures(const FeatureSchema& schema,
                                                 const google::protobuf::RepeatedPtrField<std::string>& names,
                                                 absl::string_view list, std::set<int>& taken) {
  if (names.empty()) {
    return InvalidField(list, "MISSING_FEATURE", absl::StrCat("'", list, "' needs at least one feature"));
  }
  std::vector<int> features;
  for (int i = 0; i < names.size(); ++i) {
    const std::string path = absl::StrCat(list, "[", i, "]");
    auto feature = schema.FindFeature(names[i]);
    if (!feature.ok()) return PrefixField(feature.status(), path);
    if (!taken.insert(*feature).second) {
      return InvalidField(path, "DUPLICATE_FEATURE",
                          absl::StrCat("feature '", names[i], "' is named twice in this rule"));
    }
    features.push_back(*feature);
  }
  return features;
}

// How many combinations the classes of some features make; no more than `limit`
// is told apart.
int64_t CountCombinations(const FeatureSchema& schema, const std::vector<int>& features, int limit) {
  int64_t possible = 1;
  for (const int feature : features) {
    possible *= static_cast<int64_t>(schema.features()[feature].classes.size());
    if (possible >= limit) break;
  }
  return possible;
}

absl::Status CheckNumbers(const FeatureSchema& schema, const ResolvedRule& rule) {
  if (rule.count < 1) {
    return InvalidField("count", "BAD_COUNT", absl::StrCat("count must be at least 1, not ", rule.count));
  }
  if (rule.each < 1) {
    return InvalidField("each", "BAD_COUNT", absl::StrCat("each must be at least 1, or 0 for 1, not ", rule.each));
  }
  const int64_t possible = CountCombinations(schema, rule.per, rule.count);
  if (possible < rule.count) {
    return TooManyCombinations(rule.count, absl::StrCat("the features of 'per' have ", possible));
  }
  const int64_t missing = CountCombinations(schema, rule.missing, rule.each);
  return missing < rule.each ? TooManyMissing(rule.each, missing) : absl::OkStatus();
}

absl::StatusOr<ResolvedRule> ResolveRule(const FeatureSchema& schema, const v1::HoldOutRule& proto) {
  RETURN_IF_ERROR(ValidateRuleName(proto.name()));
  ResolvedRule rule;
  std::set<int> taken;
  ASSIGN_OR_RETURN(rule.per, ResolveFeatures(schema, proto.per(), "per", taken));
  ASSIGN_OR_RETURN(rule.missing, ResolveFeatures(schema, proto.missing(), "missing", taken));
  const int first = rule.per[0];
  std::sort(rule.per.begin(), rule.per.end());
  std::sort(rule.missing.begin(), rule.missing.end());
  rule.first = static_cast<int>(std::find(rule.per.begin(), rule.per.end(), first) - rule.per.begin());
  rule.count = proto.count();
  rule.each = proto.each() == 0 ? 1 : proto.each();
  rule.seed = proto.seed();
  RETURN_IF_ERROR(CheckNumbers(schema, rule));
  return rule;
}

}  // namespace

absl::Status TooManyCombinations(int count, absl::string_view available) {
  return InvalidField("count", "TOO_MANY_COMBINATIONS",
                      absl::StrCat(count, " combinations are asked for, but ", available));
}

absl::Status TooManyMissing(int each, int64_t available) {
  return InvalidField(
      "each", "TOO_MANY_COMBINATIONS",
      absl::StrCat("each chosen combination shall lose ", each, ", but the features of 'missing' have ", available));
}

absl::StatusOr<std::vector<ResolvedRule>> ResolveHoldOut(const FeatureSchema& schema,
                                                         absl::Span<const v1::HoldOutRule> protos) {
  std::vector<ResolvedRule> rules;
  absl::flat_hash_set<absl::string_view> names;
  for (size_t i = 0; i < protos.size(); ++i) {
    const std::string path = absl::StrCat("hold_out[", i, "]");
    auto rule = ResolveRule(schema, protos[i]);
    if (!rule.ok()) return PrefixField(rule.status(), path);
    if (!names.insert(protos[i].name()).second) {
      return InvalidField(absl::StrCat(path, ".name"), "DUPLICATE_RULE",
                          absl::StrCat("there are two rules named '", protos[i].name(), "'"));
    }
    rules.push_back(*std::move(rule));
  }
  return rules;
}

absl::Status ValidateHoldOut(const FeatureSchema& schema, absl::Span<const v1::HoldOutRule> rules) {
  return ResolveHoldOut(schema, rules).status();
}

}  // namespace facet::model
