// SPDX-License-Identifier: Apache-2.0
#include "model/data/source_file.h"

#include <algorithm>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

namespace fs = std::filesystem;

// False for what is not there, too: who reads it says so.
bool LeadsOut(const std::string& source, const std::string& file) {
  std::error_code error;
  const fs::path root = fs::canonical(source, error);
  if (error) return false;
  const fs::path path = fs::canonical(root / file, error);
  return !error && !IsWithin(path, root);
}

}  // namespace

absl::Status SourceError(absl::string_view file, absl::string_view message) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat(file, ": ", message)), "BAD_SOURCE");
}

absl::Status SourceLineError(absl::string_view file, int64_t line, absl::string_view message) {
  return SourceError(absl::StrCat(file, " line ", line), message);
}

bool IsWithin(const fs::path& path, const fs::path& root) {
  return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
}

absl::StatusOr<std::string> ReadSourceFile(FileSystem& file_system, const std::string& source, const std::string& file,
                                           uint64_t max_bytes) {
  if (LeadsOut(source, file)) return SourceError(file, "a link that leads out of the source");
  const std::string path = absl::StrCat(source, "/", file);
  const auto bytes = file_system.Size(path);
  if (!bytes.ok()) return SourceError(file, "there is no such file in the source");
  if (*bytes > max_bytes) {
    return SourceError(file, absl::StrCat("too large: ", *bytes, " bytes are over ", max_bytes));
  }
  auto contents = file_system.ReadFile(path);
  if (contents.ok() || absl::IsResourceExhausted(contents.status())) return contents;
  return SourceError(file, absl::IsPermissionDenied(contents.status()) ? "no permission to read it" : "cannot be read");
}

absl::Status CheckEnoughImages(const FeatureSchema& schema, int64_t images) {
  if (images >= schema.size()) return absl::OkStatus();
  return WithReason(absl::InvalidArgumentError(
                        absl::StrCat("there are more features (", schema.size(), ") than images (", images,
                                     "): nothing can be learnt from so few; bring more images or fewer features")),
                    "TOO_FEW_IMAGES");
}

absl::Status CheckNotCancelled(const std::atomic<bool>* cancelled) {
  if (cancelled == nullptr || !cancelled->load(std::memory_order_relaxed)) return absl::OkStatus();
  return absl::CancelledError("the import was cancelled");
}

}  // namespace facet::model
