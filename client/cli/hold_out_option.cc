// SPDX-License-Identifier: Apache-2.0
#include "client/cli/hold_out_option.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace facet::cli {

absl::StatusOr<v1::HoldOutRule> ParseHoldOut(const std::string& text) {
  const auto bad = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("--hold-out '", text, "': ", why, "; write NAME:per=digit,example;missing=colour;count=100"));
  };
  const std::vector<std::string> halves = absl::StrSplit(text, absl::MaxSplits(':', 1));
  if (halves.size() != 2) return bad("there is no 'NAME:'");
  v1::HoldOutRule rule;
  rule.set_name(halves[0]);
  for (const absl::string_view part : absl::StrSplit(halves[1], ';')) {
    const std::vector<std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (pair.size() != 2) return bad(absl::StrCat("'", part, "' is no key=value"));
    const std::vector<std::string> names = absl::StrSplit(pair[1], ',');
    int number = 0;
    uint64_t seed = 0;
    if (pair[0] == "per") {
      *rule.mutable_per() = {names.begin(), names.end()};
    } else if (pair[0] == "missing") {
      *rule.mutable_missing() = {names.begin(), names.end()};
    } else if (pair[0] == "count" && absl::SimpleAtoi(pair[1], &number)) {
      rule.set_count(number);
    } else if (pair[0] == "each" && absl::SimpleAtoi(pair[1], &number)) {
      rule.set_each(number);
    } else if (pair[0] == "seed" && absl::SimpleAtoi(pair[1], &seed)) {
      rule.set_seed(seed);
    } else {
      return bad(absl::StrCat("'", part, "' is not understood"));
    }
  }
  return rule;
}

std::string DescribeHoldOut(const v1::HoldOutRule& rule) {
  return absl::StrCat(rule.count(), " of ", absl::StrJoin(rule.per(), " and "), " lose ", std::max(1, rule.each()),
                      " of ", absl::StrJoin(rule.missing(), " and "), " each, seed ", rule.seed());
}

}  // namespace facet::cli
