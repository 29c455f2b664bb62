// SPDX-License-Identifier: Apache-2.0
#include "model/data/idx.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "model/data/gunzip.h"

namespace facet::model {
namespace {

constexpr int64_t kMaxBytes = int64_t{1} << 30;
constexpr uint32_t kUnsignedBytes = 0x0800;

uint32_t BigEndian32(absl::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

// At most the first `most` bytes of the contents.
absl::StatusOr<std::string> Contents(absl::string_view file, size_t most) {
  if (IsGzip(file)) return Gunzip(file, most);
  return std::string(file.substr(0, most));
}

size_t HeaderBytes(int axes) { return 4 + size_t{4} * axes; }

absl::Status CutOffInHeader(absl::string_view header) {
  return absl::InvalidArgumentError(absl::StrCat("cut off within the header: ", header.size(), " bytes"));
}

absl::StatusOr<std::vector<int64_t>> ParseHeader(absl::string_view header, int axes) {
  if (header.size() < 4) return CutOffInHeader(header);
  const uint32_t magic = BigEndian32(header);
  const uint32_t wanted = kUnsignedBytes | static_cast<uint32_t>(axes);
  if (magic != wanted) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "not an IDX file of unsigned bytes with %d axes: the magic number is 0x%08x, not 0x%08x", axes, magic, wanted));
  }
  if (header.size() < HeaderBytes(axes)) return CutOffInHeader(header);
  std::vector<int64_t> lengths;
  int64_t bytes = 1;
  for (int i = 0; i < axes; ++i) {
    lengths.push_back(BigEndian32(header.substr(4 + size_t{4} * i)));
    if (lengths.back() == 0) return absl::InvalidArgumentError(absl::StrCat("the length of axis ", i, " is 0"));
    if (lengths.back() > kMaxBytes / bytes) {
      return absl::InvalidArgumentError(absl::StrCat("the header speaks of over ", kMaxBytes, " bytes"));
    }
    bytes *= lengths.back();
  }
  return lengths;
}

}  // namespace

absl::StatusOr<IdxArray> ParseIdx(absl::string_view file, int axes) {
  const size_t header_bytes = HeaderBytes(axes);
  ASSIGN_OR_RETURN(const std::string header, Contents(file, header_bytes));
  IdxArray array;
  ASSIGN_OR_RETURN(array.lengths, ParseHeader(header, axes));
  size_t value_bytes = 1;
  for (const int64_t length : array.lengths) value_bytes *= length;
  // One byte more shows what should not be there.
  ASSIGN_OR_RETURN(array.values, Contents(file, header_bytes + value_bytes + 1));
  array.values.erase(0, header_bytes);
  if (array.values.size() == value_bytes) return array;
  const bool short_of = array.values.size() < value_bytes;
  return absl::InvalidArgumentError(
      short_of ? absl::StrCat("cut off: ", array.values.size(), " bytes of values, where the header says ", value_bytes)
               : absl::StrCat("bytes follow the ", value_bytes, " values that the header speaks of"));
}

}  // namespace facet::model
