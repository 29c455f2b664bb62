// SPDX-License-Identifier: Apache-2.0
#include "base/names.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/error.h"

namespace facet {
namespace {

constexpr size_t kMaxIdLength = 63;
constexpr size_t kNearPrefix = 3;

bool Matches(absl::string_view id, char separator) {
  if (id.empty() || id.size() > kMaxIdLength || !absl::ascii_islower(id[0])) return false;
  return std::all_of(id.begin(), id.end(),
                     [&](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == separator; });
}

// What came from a client is shown escaped and cut: it ends in logs and
// terminals.
std::string Shown(absl::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 80)) shown += absl::ascii_isprint(c) ? c : '?';
  if (text.size() > 80) shown += "…";
  return shown;
}

// Optimal string alignment: Levenshtein's distance with swapped neighbours as
// one error.
int EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<int> before(b.size() + 1);  // the row before the last
  std::vector<int> last(b.size() + 1);
  std::vector<int> row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  const auto same = [&](size_t i, size_t j) { return absl::ascii_tolower(a[i]) == absl::ascii_tolower(b[j]); };
  for (size_t i = 0; i < a.size(); ++i) {
    row[0] = static_cast<int>(i) + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({row[j] + 1, last[j + 1] + 1, last[j] + (same(i, j) ? 0 : 1)});
      if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j)) row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last.back();
}

bool IsNear(absl::string_view a, absl::string_view b, int distance) {
  const auto [shorter, longer] = std::minmax({a.size(), b.size()});
  if (shorter >= kNearPrefix && absl::EqualsIgnoreCase(a.substr(0, shorter), b.substr(0, shorter))) return true;
  const int most = std::max(1, static_cast<int>(longer / 3));
  return distance <= most && (distance == 0 || distance < static_cast<int>(longer));
}

}  // namespace

absl::Status ValidateId(absl::string_view id, absl::string_view what) {
  if (Matches(id, '-')) return absl::OkStatus();
  return InvalidField("", "INVALID_ID",
                      absl::StrCat(what, " '", Shown(id),
                                   "' must be 1 to 63 lower-case letters, digits and hyphens, "
                                   "beginning with a letter"));
}

absl::Status ValidateFeatureName(absl::string_view name) {
  if (Matches(name, '_')) return absl::OkStatus();
  return InvalidField("", "INVALID_ID",
                      absl::StrCat("feature name '", Shown(name),
                                   "' must be 1 to 63 lower-case letters, digits and underscores, "
                                   "beginning with a letter"));
}

std::string NearestName(absl::string_view name, absl::Span<const std::string> candidates) {
  // Long garbage is nobody's typing error, and the distance is quadratic.
  const absl::string_view head = name.substr(0, 128);
  std::string best;
  int best_distance = 0;
  for (const std::string& candidate : candidates) {
    const int distance = EditDistance(head, candidate);
    if (!IsNear(head, candidate, distance)) continue;
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string SuggestNames(absl::string_view name, absl::Span<const std::string> candidates, int limit) {
  if (candidates.empty()) return "There are none.";
  const std::string nearest = NearestName(name, candidates);
  std::string text = nearest.empty() ? "There are: " : absl::StrCat("Did you mean '", nearest, "'? There are: ");
  const size_t shown = std::min<size_t>(candidates.size(), limit);
  for (size_t i = 0; i < shown; ++i) absl::StrAppend(&text, i == 0 ? "" : ", ", candidates[i]);
  if (candidates.size() > shown) absl::StrAppend(&text, " and ", candidates.size() - shown, " more");
  return text + ".";
}

std::string RandomHexId() {
  std::random_device device;
  return absl::StrFormat("%08x%08x%08x%08x", device(), device(), device(), device());
}

}  // namespace facet
