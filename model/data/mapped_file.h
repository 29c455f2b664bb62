// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_MAPPED_FILE_H_
#define FACET_MODEL_DATA_MAPPED_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// A file mapped into memory for reading. Immutable; thread-safe.
//
// The file must not shrink while it is mapped. It is mapped by the machine
// itself, past base/file_system.h.
class MappedFile {
 public:
  // Reads the file once to compare its SHA-256 with `digest` (hex), then maps
  // it: what the disk cannot give becomes a status here, not a signal later.
  // DATA_LOSS (reason CHECKSUM_MISMATCH): missing, not of `size` bytes, or
  // another digest. FileError where it cannot be read; it may be whole. `size` is
  // at least 1.
  static absl::StatusOr<std::unique_ptr<MappedFile>> Open(const std::string& path, size_t size,
                                                          const std::string& digest);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const void* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  MappedFile(void* data, size_t size) : data_(data), size_(size) {}

  void* data_;
  size_t size_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_MAPPED_FILE_H_
