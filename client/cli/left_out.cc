// SPDX-License-Identifier: Apache-2.0
#include "client/cli/left_out.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace facet::cli {
namespace {

constexpr int kShown = 10;

}  // namespace

std::string KdefPersonOf(absl::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  const std::string stem = absl::AsciiStrToUpper(path.substr(0, path.rfind('.')));
  if (stem.size() != 7 && stem.size() != 8) return "";
  const bool named = (stem[0] == 'A' || stem[0] == 'B') && (stem[1] == 'F' || stem[1] == 'M') &&
                     absl::ascii_isdigit(stem[2]) && absl::ascii_isdigit(stem[3]);
  return named ? stem.substr(1, 3) : "";
}

std::string CountLeftOut(const v1::Dataset& dataset) {
  std::map<std::string, int> kinds;
  for (const auto& dropped : dataset.dropped()) ++kinds[dropped.reason().substr(0, dropped.reason().find(':'))];
  std::string counts = absl::StrJoin(
      kinds, ", ", [](std::string* out, const auto& kind) { absl::StrAppend(out, kind.second, " ", kind.first); });
  if (dataset.dropped_count() > dataset.dropped_size()) {
    absl::StrAppend(&counts, " among the first ", dataset.dropped_size());
  }
  return counts;
}

std::vector<std::string> PeopleLost(const v1::Dataset& dataset) {
  const auto identity = std::find_if(dataset.schema().features().begin(), dataset.schema().features().end(),
                                     [](const v1::Feature& feature) { return feature.name() == "identity"; });
  if (identity == dataset.schema().features().end()) return {};
  std::set<std::string> lost;
  for (const auto& dropped : dataset.dropped()) lost.insert(KdefPersonOf(dropped.path()));
  lost.erase("");
  for (const std::string& person : identity->classes()) lost.erase(person);
  return {lost.begin(), lost.end()};
}

std::string DescribeLeftOut(const v1::Dataset& dataset) {
  if (dataset.dropped_count() == 0) return "";
  std::string text = absl::StrCat("  left out ", dataset.dropped_count(), ": ", CountLeftOut(dataset), "\n");
  const int shown = std::min(dataset.dropped_size(), kShown);
  for (int i = 0; i < shown; ++i) {
    absl::StrAppend(&text, "    ", dataset.dropped(i).path(), ": ", dataset.dropped(i).reason(), "\n");
  }
  if (dataset.dropped_count() > shown) {
    absl::StrAppend(&text, "    … and ", dataset.dropped_count() - shown, " more\n");
  }
  const std::vector<std::string> lost = PeopleLost(dataset);
  if (!lost.empty()) absl::StrAppend(&text, "  nobody is left of: ", absl::StrJoin(lost, ", "), "\n");
  return text;
}

}  // namespace facet::cli
