// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_MODEL_DATA_IDX_BUILDER_H_
#define FACET_TESTS_MODEL_DATA_IDX_BUILDER_H_

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace facet::model {

// An IDX file of unsigned bytes, written out by the format's description.
inline std::string MakeIdx(const std::vector<uint32_t>& lengths, absl::string_view values, uint8_t type = 8) {
  std::string file = {0, 0, static_cast<char>(type), static_cast<char>(lengths.size())};
  for (const uint32_t length : lengths) {
    for (const int shift : {24, 16, 8, 0}) file += static_cast<char>(length >> shift);
  }
  return file.append(values.data(), values.size());
}

inline std::string Gzip(absl::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_DATA_IDX_BUILDER_H_
