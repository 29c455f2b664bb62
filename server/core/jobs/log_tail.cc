// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/log_tail.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/utf8.h"

namespace facet::server {
namespace {

constexpr std::streamoff kMaxBytes = 64 << 10;
constexpr size_t kMaxLineBytes = 1000;

std::string ReadEnd(const std::string& path, int64_t begin) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  if (size <= begin) return "";
  const std::streamoff length = std::min<std::streamoff>(size - begin, kMaxBytes);
  std::string text(length, '\0');
  file.seekg(size - length);
  file.read(text.data(), length);
  text.resize(file.gcount());
  if (length == size - begin) return text;
  // The first line began before.
  const size_t newline = text.find('\n');
  return newline == std::string::npos ? text : text.substr(newline + 1);
}

// Control characters go, too: they would steer the reader's terminal. Stops at
// the character that comes to `max_bytes`.
std::string Clean(absl::string_view text, size_t max_bytes) {
  std::string clean;
  while (!text.empty() && clean.size() < max_bytes) {
    const size_t length = Utf8CharacterLength(text);
    const bool shown =
        length > 0 && (text[0] == '\t' || text[0] == '\n' || !IsSteeringCharacter(text.substr(0, length)));
    // A line that is rewritten in place goes on in a new one.
    if (shown) {
      clean.append(text.data(), length);
    } else {
      clean += text[0] == '\r' ? '\n' : '?';
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return clean;
}

// What a terminal would show of a line that was rewritten in place.
absl::string_view LastVersion(absl::string_view line) {
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const size_t rewound = line.rfind('\r');
  return rewound == absl::string_view::npos ? line : line.substr(rewound + 1);
}

}  // namespace

std::vector<std::string> LogTail(const std::string& path, int max_lines, int64_t begin) {
  const std::string text = ReadEnd(path, begin);
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  const size_t first = lines.size() - std::min<size_t>(lines.size(), max_lines);
  std::vector<std::string> tail;
  for (size_t i = first; i < lines.size(); ++i) tail.push_back(Clean(LastVersion(lines[i]), kMaxLineBytes));
  return tail;
}

int64_t LogSize(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  return std::max<int64_t>(0, file.tellg());
}

LogPiece ReadLogPiece(const std::string& path, int64_t offset) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const int64_t size = std::max<int64_t>(0, file.tellg());
  const bool from_end = offset < 0;
  LogPiece piece;
  piece.next_offset = from_end ? std::max<int64_t>(0, size + offset) : std::min(offset, size);
  piece.text.resize(std::min<int64_t>(size - piece.next_offset, kMaxBytes));
  file.seekg(piece.next_offset);
  file.read(piece.text.data(), static_cast<std::streamsize>(piece.text.size()));
  piece.text.resize(std::max<std::streamsize>(0, file.gcount()));
  piece.next_offset += static_cast<int64_t>(piece.text.size());
  piece.at_end = piece.next_offset == size;
  if (const size_t last = piece.text.rfind('\n'); !piece.at_end && last != std::string::npos) {
    piece.next_offset -= static_cast<int64_t>(piece.text.size() - last - 1);
    piece.text.resize(last + 1);
  }
  if (from_end && size + offset > 0) piece.text.erase(0, piece.text.find('\n') + 1);
  return piece;
}

std::string CleanLog(absl::string_view text) { return Clean(text, std::numeric_limits<size_t>::max()); }

}  // namespace facet::server
