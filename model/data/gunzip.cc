// SPDX-License-Identifier: Apache-2.0
#include "model/data/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace facet::model {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr size_t kPieceBytes = size_t{1} << 18;

absl::Status Damaged(const z_stream& stream) {
  return absl::InvalidArgumentError(absl::StrCat("the gzip data is damaged", stream.msg == nullptr ? "" : ": ",
                                                 stream.msg == nullptr ? "" : stream.msg));
}

}  // namespace

bool IsGzip(absl::string_view bytes) { return absl::StartsWith(bytes, "\x1F\x8B"); }

absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t most) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) {
    return absl::InvalidArgumentError("the gzip file is over 4 GiB");
  }
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return absl::ResourceExhaustedError("no memory for zlib");
  const absl::Cleanup closer = [&] { inflateEnd(&stream); };
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  while (out.size() < most) {
    const size_t filled = out.size();
    out.resize(filled + std::min(kPieceBytes, most - filled));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    stream.avail_out = static_cast<uInt>(out.size() - filled);
    const int result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return out;
      if (inflateReset(&stream) != Z_OK) return Damaged(stream);  // the next member
    } else if (result == Z_BUF_ERROR || (result == Z_OK && stream.avail_in == 0 && stream.avail_out != 0)) {
      return absl::InvalidArgumentError("the gzip file is cut off");
    } else if (result != Z_OK) {
      return Damaged(stream);
    }
  }
  return out;
}

}  // namespace facet::model
