// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_MODEL_TRAIN_FRAGILE_FILE_SYSTEM_H_
#define FACET_TESTS_MODEL_TRAIN_FRAGILE_FILE_SYSTEM_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/error.h"
#include "base/file_system.h"

namespace facet::model {

// The machine's file system with a disk that can be full.
class FragileFileSystem final : public FileSystem {
 public:
  std::atomic<bool> full = false;

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    auto file = disk_->Create(path);
    if (!file.ok()) return file.status();
    return std::make_unique<File>(*std::move(file), this);
  }
  absl::StatusOr<std::string> ReadFile(const std::string& path) override { return disk_->ReadFile(path); }
  absl::Status CreateDirs(const std::string& path) override { return disk_->CreateDirs(path); }
  absl::Status Rename(const std::string& from, const std::string& to) override { return disk_->Rename(from, to); }
  absl::Status SyncDir(const std::string& path) override { return disk_->SyncDir(path); }
  absl::Status RemoveAll(const std::string& path) override { return disk_->RemoveAll(path); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override { return disk_->List(path); }
  bool Exists(const std::string& path) override { return disk_->Exists(path); }
  absl::StatusOr<uint64_t> Size(const std::string& path) override { return disk_->Size(path); }
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override { return disk_->FreeBytes(path); }

 private:
  class File final : public WritableFile {
   public:
    File(std::unique_ptr<WritableFile> file, FragileFileSystem* owner) : file_(std::move(file)), owner_(owner) {}
    absl::Status Append(absl::string_view bytes) override {
      if (owner_->full) return WithReason(absl::ResourceExhaustedError("no space left on device"), "DISK_FULL");
      return file_->Append(bytes);
    }
    absl::Status SyncAndClose() override { return file_->SyncAndClose(); }

   private:
    std::unique_ptr<WritableFile> file_;
    FragileFileSystem* owner_;
  };

  FileSystem* disk_ = FileSystem::Posix();
};

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_TRAIN_FRAGILE_FILE_SYSTEM_H_
