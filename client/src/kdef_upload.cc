// SPDX-License-Identifier: Apache-2.0
#include "client/src/kdef_upload.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace facet::client {
namespace {

// Upper case, without folders and extension.
std::string StemOf(absl::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  return absl::AsciiStrToUpper(path.substr(0, path.rfind('.')));
}

// Whether it has the length and the letters of KDEF's names. The server looks
// closer.
bool LooksLikeKdef(absl::string_view stem) {
  return (stem.size() == 7 || stem.size() == 8) && (stem[0] == 'A' || stem[0] == 'B') &&
         (stem[1] == 'F' || stem[1] == 'M') && absl::ascii_isdigit(stem[2]) && absl::ascii_isdigit(stem[3]);
}

// One part of the names, and which values of it are asked for; none: all.
struct Part {
  std::set<std::string> asked;
  size_t begin;
  size_t length;

  std::string Of(const std::string& stem) const { return stem.substr(begin, length); }
  bool Takes(const std::string& stem) const { return asked.empty() || asked.contains(Of(stem)); }
  bool IsIn(const std::set<std::string>& stems) const {
    std::set<std::string> missing = asked;
    for (const std::string& stem : stems) missing.erase(Of(stem));
    return missing.empty();
  }
};

}  // namespace

void KeepChosenKdefFiles(const v1::KdefImportOptions& options, UploadFiles& files) {
  const auto part = [](const auto& asked, size_t begin, size_t length) {
    return Part{{asked.begin(), asked.end()}, begin, length};
  };
  const Part parts[] = {part(options.sessions(), 0, 1), part(options.people(), 1, 3), part(options.expressions(), 4, 2),
                        part(options.angles(), 6, 2)};
  std::set<std::string> stems;
  for (const auto& file : files.files) {
    if (std::string stem = StemOf(file.relative); LooksLikeKdef(stem)) stems.insert(std::move(stem));
  }
  const auto chosen = [&](const std::string& stem) {
    return std::all_of(std::begin(parts), std::end(parts), [&](const Part& p) { return p.Takes(stem); });
  };
  const bool all_there = std::all_of(std::begin(parts), std::end(parts), [&](const Part& p) { return p.IsIn(stems); });
  if (!all_there || std::none_of(stems.begin(), stems.end(), chosen)) return;
  std::erase_if(files.files, [&](const auto& file) {
    const std::string stem = StemOf(file.relative);
    return LooksLikeKdef(stem) && !chosen(stem);
  });
  files.total_bytes = 0;
  for (const auto& file : files.files) files.total_bytes += file.size;
}

}  // namespace facet::client
