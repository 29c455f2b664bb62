// SPDX-License-Identifier: Apache-2.0
#include "client/cli/sheet_names.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/cli/shown_text.h"

namespace facet::cli {
namespace {

bool IsAscii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isascii(static_cast<unsigned char>(c)); });
}

using Spellings = std::vector<std::pair<std::string, std::string>>;

Spellings SpellingsOf(const v1::FeatureSchema& schema) {
  Spellings spellings;
  for (const auto& feature : schema.features()) {
    for (int i = 0; i < feature.classes_size(); ++i) {
      if (!IsAscii(feature.classes(i)))
        spellings.emplace_back(feature.classes(i), absl::StrCat(feature.name(), " #", i));
    }
  }
  return spellings;
}

// One '?' for each letter of UTF-8, however many bytes it has.
std::string WithoutOthers(const std::string& text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) ascii += c;
    if (byte >= 0xc0) ascii += '?';
  }
  return ascii;
}

}  // namespace

std::string SpellForSheet(const v1::FeatureSchema& schema, Sheet& sheet) {
  const Spellings spellings = SpellingsOf(schema);
  std::set<std::string> told;
  const auto spell = [&](std::string& text) {
    if (IsAscii(text)) return;
    for (const auto& [name, spelling] : spellings) {
      if (absl::StrContains(text, name)) told.insert(absl::StrCat(name, " is ", spelling));
    }
    text = WithoutOthers(absl::StrReplaceAll(text, spellings));
  };
  spell(sheet.title);
  for (auto* labels : {&sheet.column_labels, &sheet.row_labels, &sheet.captions}) {
    for (std::string& label : *labels) spell(label);
  }
  return absl::StrJoin(told, ", ");
}

void SpellAndTell(const v1::FeatureSchema& schema, Sheet& sheet) {
  const std::string told = SpellForSheet(schema, sheet);
  if (!told.empty()) std::fprintf(stderr, "facet: sheets are lettered in ASCII: %s\n", ShownText(told).c_str());
}

}  // namespace facet::cli
