// SPDX-License-Identifier: Apache-2.0
#include "model/image/image_header.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace facet::model {
namespace {

// Numbers at any place of the bytes. Past their end everything is 0 and
// `cut_off()`.
class Bytes {
 public:
  Bytes(absl::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  uint32_t U8(size_t at) { return Number(at, 1); }
  uint32_t U16(size_t at) { return Number(at, 2); }
  uint32_t U24(size_t at) { return Number(at, 3); }
  uint32_t U32(size_t at) { return Number(at, 4); }
  bool cut_off() const { return cut_off_; }

 private:
  uint32_t Number(size_t at, size_t size) {
    if (at > bytes_.size() || bytes_.size() - at < size) {
      cut_off_ = true;
      return 0;
    }
    uint32_t number = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t from = big_endian_ ? at + i : at + size - 1 - i;
      number = number << 8 | static_cast<uint8_t>(bytes_[from]);
    }
    return number;
  }

  absl::string_view bytes_;
  bool big_endian_;
  bool cut_off_ = false;
};

std::optional<ImageSize> Checked(const Bytes& bytes, ImageSize size) {
  if (bytes.cut_off()) return std::nullopt;
  return size;
}

std::optional<ImageSize> PngSize(absl::string_view file) {
  if (file.size() < 24 || file.substr(12, 4) != "IHDR") return std::nullopt;
  Bytes bytes(file, /*big_endian=*/true);
  return Checked(bytes, {bytes.U32(16), bytes.U32(20)});
}

constexpr absl::string_view kJpegStart = "\xFF\xD8\xFF";
constexpr absl::string_view kJpegEnd = "\xFF\xD9";
constexpr uint32_t kJpegFirstFrame = 0xC0;
constexpr uint32_t kJpegFirstRestart = 0xD0;
constexpr uint32_t kJpegLastRestart = 0xD7;
constexpr uint32_t kJpegEndMarker = 0xD9;
constexpr uint32_t kJpegScan = 0xDA;

// Where a segment of a JPEG lies.
struct JpegSegment {
  uint32_t marker = 0;
  size_t at = 0;    // of the marker
  size_t next = 0;  // behind it
};

// The segment at `at`, or behind padding there. None: no segment with a length.
std::optional<JpegSegment> SegmentAt(Bytes& bytes, size_t at) {
  if (bytes.U8(at) != 0xFF) return std::nullopt;
  while (bytes.U8(at + 1) == 0xFF) ++at;
  const uint32_t marker = bytes.U8(at + 1);
  const bool bare = marker == 0x01 || (marker >= 0xD0 && marker <= 0xD9);
  const uint32_t length = bytes.U16(at + 2);
  if (bytes.cut_off() || bare || length < 2) return std::nullopt;
  return JpegSegment{marker, at, at + 2 + length};
}

std::optional<ImageSize> JpegSize(absl::string_view file) {
  Bytes bytes(file, /*big_endian=*/true);
  size_t at = 2;
  while (const auto segment = SegmentAt(bytes, at)) {
    const uint32_t marker = segment->marker;
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) return Checked(bytes, {bytes.U16(segment->at + 7), bytes.U16(segment->at + 5)});
    if (marker == kJpegScan) return std::nullopt;
    at = segment->next;
  }
  return std::nullopt;
}

// Segments before the first scan may hold a whole small JPEG, a thumbnail.
std::optional<JpegSegment> FirstScan(absl::string_view file) {
  Bytes bytes(file, /*big_endian=*/true);
  size_t at = 2;
  while (const auto segment = SegmentAt(bytes, at)) {
    if (segment->marker == kJpegScan) return segment;
    at = segment->next;
  }
  return std::nullopt;
}

// The next segment from `at` on, behind the data of a scan. None: the image ends
// first. It skips what libjpeg skips and nothing else, so that no scan can hide:
// data, restart markers and the reserved ones below the frames, which libjpeg
// takes for damage between restarts.
std::optional<JpegSegment> NextSegment(absl::string_view file, Bytes& bytes, size_t at) {
  while (true) {
    at = file.find('\xFF', at);
    if (at == absl::string_view::npos) return std::nullopt;
    const uint32_t marker = bytes.U8(at + 1);
    if (bytes.cut_off() || marker == kJpegEndMarker) return std::nullopt;
    const bool bare = marker < kJpegFirstFrame || (marker >= kJpegFirstRestart && marker <= kJpegLastRestart);
    if (marker != 0xFF && !bare) {
      const size_t length = std::max(bytes.U16(at + 2), uint32_t{2});
      if (bytes.cut_off()) return std::nullopt;
      return JpegSegment{marker, at, at + 2 + length};
    }
    at += marker == 0xFF ? 1 : 2;
  }
}

std::optional<ImageSize> BmpSize(absl::string_view file) {
  Bytes bytes(file, /*big_endian=*/false);
  if (bytes.U32(14) == 12) return Checked(bytes, {bytes.U16(18), bytes.U16(20)});
  // A negative height stands for rows from the top.
  const int64_t height = static_cast<int32_t>(bytes.U32(22));
  return Checked(bytes, {bytes.U32(18), static_cast<uint32_t>(std::abs(height))});
}

std::optional<ImageSize> WebpSize(absl::string_view file) {
  Bytes bytes(file, /*big_endian=*/false);
  const absl::string_view chunk = file.substr(12, 4);
  if (chunk == "VP8 ") return Checked(bytes, {bytes.U16(26) & 0x3FFF, bytes.U16(28) & 0x3FFF});
  if (chunk == "VP8L") {
    const uint32_t bits = bytes.U32(21);
    return Checked(bytes, {(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1});
  }
  if (chunk == "VP8X") return Checked(bytes, {bytes.U24(24) + 1, bytes.U24(27) + 1});
  return std::nullopt;
}

std::optional<ImageSize> TiffSize(absl::string_view file) {
  constexpr uint32_t kWidthTag = 256;
  constexpr uint32_t kHeightTag = 257;
  constexpr uint32_t kShort = 3;
  constexpr uint32_t kLong = 4;
  Bytes bytes(file, /*big_endian=*/file[0] == 'M');
  const size_t directory = bytes.U32(4);
  const uint32_t entries = bytes.U16(directory);
  ImageSize size;
  for (uint32_t i = 0; i < entries && !bytes.cut_off(); ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    const uint32_t tag = bytes.U16(entry);
    if (tag != kWidthTag && tag != kHeightTag) continue;
    uint32_t& side = tag == kWidthTag ? size.width : size.height;
    if (side != 0) return std::nullopt;  // two truths
    // Of another type, or several, a decoder may read another number than we
    // would.
    const uint32_t type = bytes.U16(entry + 2);
    if ((type != kShort && type != kLong) || bytes.U32(entry + 4) != 1) return std::nullopt;
    side = type == kShort ? bytes.U16(entry + 8) : bytes.U32(entry + 8);
  }
  if (size.width == 0 || size.height == 0) return std::nullopt;  // or not there
  return Checked(bytes, size);
}

// The next number of a PNM header; 0 where there is none.
uint32_t NextPnmNumber(absl::string_view& rest) {
  while (!rest.empty() && (absl::ascii_isspace(rest[0]) || rest[0] == '#')) {
    const bool comment = rest[0] == '#';
    rest.remove_prefix(1);
    while (comment && !rest.empty() && rest[0] != '\n' && rest[0] != '\r') rest.remove_prefix(1);
  }
  uint32_t number = 0;
  for (int digits = 0; !rest.empty() && absl::ascii_isdigit(rest[0]); ++digits) {
    if (digits == 9) return 0;
    number = number * 10 + static_cast<uint32_t>(rest[0] - '0');
    rest.remove_prefix(1);
  }
  return number;
}

std::optional<ImageSize> PnmSize(absl::string_view file) {
  file.remove_prefix(2);
  const uint32_t width = NextPnmNumber(file);
  const uint32_t height = NextPnmNumber(file);
  if (width == 0 || height == 0) return std::nullopt;
  return ImageSize{width, height};
}

bool IsPnm(absl::string_view bytes) {
  return bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && absl::ascii_isspace(bytes[2]);
}

}  // namespace

std::optional<ImageSize> ReadImageSize(absl::string_view bytes) {
  const auto begins = [&](absl::string_view magic) { return absl::StartsWith(bytes, magic); };
  if (begins("\x89PNG\r\n\x1A\n")) return PngSize(bytes);
  if (begins(kJpegStart)) return JpegSize(bytes);
  if (begins("BM")) return BmpSize(bytes);
  if (begins("RIFF") && bytes.size() >= 16 && bytes.substr(8, 4) == "WEBP") return WebpSize(bytes);
  if (begins(absl::string_view("II*\0", 4)) || begins(absl::string_view("MM\0*", 4))) return TiffSize(bytes);
  if (IsPnm(bytes)) return PnmSize(bytes);
  return std::nullopt;
}

bool IsCutOffJpeg(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, kJpegStart)) return false;
  const std::optional<JpegSegment> scan = FirstScan(bytes);
  if (!scan.has_value()) return true;
  // Within scans every 0xFF that is no marker is followed by 0.
  const size_t end = bytes.rfind(kJpegEnd);  // mostly the last bytes of the file
  return end == absl::string_view::npos || end < scan->next;
}

int CountJpegScans(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, kJpegStart)) return 0;
  const std::optional<JpegSegment> first = FirstScan(bytes);
  if (!first.has_value()) return 0;
  Bytes numbers(bytes, /*big_endian=*/true);
  int scans = 1;
  size_t at = first->next;
  while (const auto segment = NextSegment(bytes, numbers, at)) {
    if (segment->marker == kJpegScan) ++scans;
    at = segment->next;
  }
  return scans;
}

}  // namespace facet::model
