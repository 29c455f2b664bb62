// SPDX-License-Identifier: Apache-2.0
#include "model/data/kdef_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace facet::model {
namespace {

using Names = std::vector<std::string>;

constexpr int kPeople = 35;  // of each sex
constexpr absl::string_view kExtensions[] = {"JPG", "JPEG", "PNG", "BMP", "TIF", "TIFF", "WEBP", "PPM", "PGM"};

int IndexOf(const Names& names, absl::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

// The file name in upper case without its extension; empty where that is not
// an image's.
std::string UpperStem(absl::string_view file_name) {
  const size_t dot = file_name.rfind('.');
  if (dot == absl::string_view::npos) return "";
  const std::string extension = absl::AsciiStrToUpper(file_name.substr(dot + 1));
  if (std::find(std::begin(kExtensions), std::end(kExtensions), extension) == std::end(kExtensions)) return "";
  return absl::AsciiStrToUpper(file_name.substr(0, dot));
}

// Women first, then as many men.
Names MakePeople() {
  Names names;
  for (const char* sex : {"F", "M"}) {
    for (int number = 1; number <= kPeople; ++number) names.push_back(absl::StrFormat("%s%02d", sex, number));
  }
  return names;
}

}  // namespace

const Names& KdefSessions() {
  static const auto& names = *new Names{"A", "B"};
  return names;
}

const Names& KdefExpressions() {
  static const auto& names = *new Names{"AF", "AN", "DI", "HA", "NE", "SA", "SU"};
  return names;
}

const Names& KdefAngles() {
  static const auto& names = *new Names{"FL", "HL", "S", "HR", "FR"};
  return names;
}

const Names& KdefPeople() {
  static const auto& names = *new Names(MakePeople());
  return names;
}

std::optional<KdefName> ParseKdefName(absl::string_view file_name) {
  const std::string stem = UpperStem(file_name);
  if (stem.size() != 7 && stem.size() != 8) return std::nullopt;
  const absl::string_view text = stem;
  KdefName name;
  name.session = IndexOf(KdefSessions(), text.substr(0, 1));
  name.identity = std::string(text.substr(1, 3));
  name.expression = IndexOf(KdefExpressions(), text.substr(4, 2));
  name.angle = IndexOf(KdefAngles(), text.substr(6));
  const bool known = name.session >= 0 && name.expression >= 0 && name.angle >= 0;
  if (!known || IndexOf(KdefPeople(), name.identity) < 0) return std::nullopt;
  return name;
}

bool HasImageExtension(absl::string_view file_name) { return !UpperStem(file_name).empty(); }

}  // namespace facet::model
