// SPDX-License-Identifier: Apache-2.0
#include "model/data/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/file_error.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return WithReason(absl::DataLossError(absl::StrCat("'", path, "' ", what)), "CHECKSUM_MISMATCH");
}

absl::Status CheckSize(int fd, const std::string& path, size_t size) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return FileError(errno, "look at", path);
  if (S_ISREG(info.st_mode) && static_cast<size_t>(info.st_size) == size) return absl::OkStatus();
  return Damaged(path, absl::StrCat("is damaged: it has ", info.st_size, " bytes, not ", size));
}

absl::Status CheckDigest(int fd, const std::string& path, const std::string& digest) {
  std::vector<char> piece(kPieceBytes);
  Sha256 hash;
  while (true) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(errno, "read", path);
    if (got == 0) break;
    hash.Update(absl::string_view(piece.data(), got));
  }
  const std::string found = hash.HexDigest();
  if (found == digest) return absl::OkStatus();
  return Damaged(path, absl::StrCat("is damaged: its SHA-256 is ", found, ", not ", digest));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MappedFile>> MappedFile::Open(const std::string& path, size_t size,
                                                             const std::string& digest) {
  // A pipe in its place must not block.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return Damaged(path, "is missing");
  if (fd < 0) return FileError(errno, "open", path);
  const absl::Cleanup closer = [fd] { close(fd); };
  RETURN_IF_ERROR(CheckSize(fd, path, size));
  RETURN_IF_ERROR(CheckDigest(fd, path, digest));
  void* const data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot map '", path, "': ", std::generic_category().message(errno)));
  }
  return std::unique_ptr<MappedFile>(new MappedFile(data, size));
}

MappedFile::~MappedFile() { munmap(data_, size_); }

}  // namespace facet::model
