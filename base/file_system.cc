// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/file_error.h"
#include "base/names.h"
#include "base/status_macros.h"

namespace facet {

namespace {

namespace fs = std::filesystem;

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixWritableFile() override {
    if (fd_ >= 0) close(fd_);
  }

  absl::Status Append(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return FileError(errno, "write", path_);
      }
      bytes.remove_prefix(written);
    }
    return absl::OkStatus();
  }

  absl::Status SyncAndClose() override {
    if (fsync(fd_) != 0) return FileError(errno, "sync", path_);
    if (close(std::exchange(fd_, -1)) != 0) return FileError(errno, "close", path_);
    return absl::OkStatus();
  }

 private:
  int fd_;
  std::string path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return FileError(errno, "create", path);
    return std::make_unique<PosixWritableFile>(fd, path);
  }

  absl::StatusOr<std::string> ReadFile(const std::string& path) override {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return FileError(errno, "open", path);
    const absl::Cleanup closer = [fd] { close(fd); };
    struct stat info {};
    if (fstat(fd, &info) != 0) return FileError(errno, "look at", path);
    if (S_ISDIR(info.st_mode)) return FileError(EISDIR, "read", path);
    // One more than it said, for its end to be seen without a copy to a larger
    // place.
    std::string contents(info.st_size + 1, '\0');
    size_t filled = 0;
    while (true) {
      // The file may be larger than it said, as those of /proc are.
      if (filled == contents.size()) contents.resize(contents.size() + 4096);
      const ssize_t got = read(fd, contents.data() + filled, contents.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return FileError(errno, "read", path);
      if (got == 0) break;
      filled += got;
    }
    contents.resize(filled);
    return contents;
  }

  absl::Status CreateDirs(const std::string& path) override {
    std::error_code error;
    fs::create_directories(path, error);
    return error ? FileError(error.value(), "create folder", path) : absl::OkStatus();
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    return rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus()
                                                 : FileError(errno, absl::StrCat("rename '", from, "' to"), to);
  }

  absl::Status SyncDir(const std::string& path) override {
    const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return FileError(errno, "open folder", path);
    const absl::Cleanup closer = [fd] { close(fd); };
    return fsync(fd) == 0 ? absl::OkStatus() : FileError(errno, "sync folder", path);
  }

  absl::Status RemoveAll(const std::string& path) override {
    std::error_code error;
    fs::remove_all(path, error);
    return error ? FileError(error.value(), "remove", path) : absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      names.push_back(it->path().filename().string());
    }
    if (error) return FileError(error.value(), "list", path);
    std::sort(names.begin(), names.end());
    return names;
  }

  bool Exists(const std::string& path) override {
    std::error_code error;
    return fs::exists(path, error);
  }

  absl::StatusOr<uint64_t> Size(const std::string& path) override {
    std::error_code error;
    if (fs::is_regular_file(path, error)) return fs::file_size(path, error);
    uint64_t total = 0;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      std::error_code gone;  // a file may go while we count
      if (it->is_regular_file(gone)) total += it->file_size(gone);
    }
    if (error) return FileError(error.value(), "measure", path);
    return total;
  }

  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override {
    std::error_code error;
    const fs::space_info space = fs::space(path, error);
    if (error) return FileError(error.value(), "measure the disk of", path);
    return space.available;
  }
};

}  // namespace

FileSystem* FileSystem::Posix() {
  static PosixFileSystem* const file_system = new PosixFileSystem;
  return file_system;
}

absl::Status FileSystem::WriteFileAtomically(const std::string& path, absl::string_view contents) {
  const std::string temporary = absl::StrCat(path, ".tmp-", RandomHexId());
  absl::Cleanup remover = [&] { RemoveAll(temporary).IgnoreError(); };
  ASSIGN_OR_RETURN(auto file, Create(temporary));
  RETURN_IF_ERROR(file->Append(contents));
  RETURN_IF_ERROR(file->SyncAndClose());
  RETURN_IF_ERROR(Rename(temporary, path));
  std::move(remover).Cancel();
  const std::string parent = fs::path(path).parent_path().string();
  return SyncDir(parent.empty() ? "." : parent);
}

}  // namespace facet
