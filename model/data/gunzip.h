// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_GUNZIP_H_
#define FACET_MODEL_DATA_GUNZIP_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// Whether `bytes` begin as a gzip file does.
bool IsGzip(absl::string_view bytes);

// The first `most` bytes of what a gzip file (RFC 1952, one or more members)
// holds, fewer if that is all. What is small on disk may be huge inside: no
// more than `most` bytes are kept. INVALID_ARGUMENT: damaged or cut off before
// that.
absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t most);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_GUNZIP_H_
