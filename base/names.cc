// SPDX-License-Identifier: Apache-2.0
#include "base/names.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/error.h"

namespace facet {
namespace {

constexpr size_t kMaxIdLength = 63;

bool Matches(absl::string_view id, char separator) {
  if (id.empty() || id.size() > kMaxIdLength || !absl::ascii_islower(id[0])) return false;
  return std::all_of(id.begin(), id.end(), [&](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == separator;
  });
}

// What came from a client is shown escaped and cut: it ends in logs and
// terminals.
std::string Shown(absl::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 80)) shown += absl::ascii_isprint(c) ? c : '?';
  if (text.size() > 80) shown += "…";
  return shown;
}

int EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<int> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i) + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const bool same = absl::ascii_tolower(a[i]) == absl::ascii_tolower(b[j]);
      const int replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
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
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string SuggestNames(absl::string_view name, absl::Span<const std::string> candidates, int limit) {
  if (candidates.empty()) return "There are none.";
  std::string text = absl::StrCat("Did you mean '", NearestName(name, candidates), "'? There are: ");
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
