// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_SOURCE_FILE_H_
#define FACET_MODEL_DATA_SOURCE_FILE_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "model/features/schema.h"

namespace facet::model {

// INVALID_ARGUMENT (reason BAD_SOURCE) about a source file. `file` is relative
// to the source: where an upload lies on the server is nobody's business.
absl::Status SourceError(absl::string_view file, absl::string_view message);

// Likewise about one line of a text file, counted from 1.
absl::Status SourceLineError(absl::string_view file, int64_t line, absl::string_view message);

// Whether `path` is `root` or below it; both are canonical.
bool IsWithin(const std::filesystem::path& path, const std::filesystem::path& root);

// Reads a file of the source, at most `max_bytes`. SourceError: missing,
// unreadable, too large, or a link that leads out of the source. RESOURCE_EXHAUSTED as it is.
absl::StatusOr<std::string> ReadSourceFile(FileSystem& file_system, const std::string& source, const std::string& file,
                                           uint64_t max_bytes);

// INVALID_ARGUMENT (reason TOO_FEW_IMAGES): fewer source images are left than
// the schema has features.
absl::Status CheckEnoughImages(const FeatureSchema& schema, int64_t images);

// CANCELLED once `cancelled`, which may be null, is set.
absl::Status CheckNotCancelled(const std::atomic<bool>* cancelled);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_SOURCE_FILE_H_
