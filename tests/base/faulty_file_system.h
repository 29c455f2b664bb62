// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_BASE_FAULTY_FILE_SYSTEM_H_
#define FACET_TESTS_BASE_FAULTY_FILE_SYSTEM_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/status_macros.h"

namespace facet {

// A FileSystem that does what another does until its n-th call, which fails, as
// do all calls after it if `for_good`. Calls on its files count, too; RemoveAll
// and Exists never fail: without them nobody could clean up. An Append that
// fails has written half. Thread-safe.
//
//   FaultyFileSystem disk(FileSystem::Posix());
//   disk.FailAt(3, DiskFull());
class FaultyFileSystem final : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem* real) : real_(real) {}

  static absl::Status IoError() {
    return WithReason(absl::InternalError("cannot read 'x': Input/output error"), "FILE_ERROR");
  }
  static absl::Status DiskFull() {
    return WithReason(absl::ResourceExhaustedError("cannot write 'x': no space left on device"), "DISK_FULL");
  }

  // Fails the `n`-th call from now, counted from 1; 0: none.
  void FailAt(int n, absl::Status status, bool for_good = true) {
    calls_ = 0;
    fail_at_ = n;
    status_ = std::move(status);
    for_good_ = for_good;
  }
  // Fails each reading of a file with `part` in its path; empty: none.
  void FailReadsOf(std::string part, absl::Status status = absl::OkStatus()) {
    unreadable_ = std::move(part);
    read_status_ = std::move(status);
  }
  // Has `hook` called with the path of each file before it is created, or read,
  // on the thread that does. Set before others use the disk.
  void OnCreate(std::function<void(const std::string& path)> hook) { on_create_ = std::move(hook); }
  void OnRead(std::function<void(const std::string& path)> hook) { on_read_ = std::move(hook); }
  // Calls since FailAt.
  int calls() const { return calls_; }

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    RETURN_IF_ERROR(Call());
    if (on_create_) on_create_(path);
    ASSIGN_OR_RETURN(auto file, real_->Create(path));
    return std::make_unique<File>(this, std::move(file));
  }
  absl::StatusOr<std::string> ReadFile(const std::string& path) override {
    RETURN_IF_ERROR(Call());
    if (on_read_) on_read_(path);
    if (!unreadable_.empty() && absl::StrContains(path, unreadable_)) return read_status_;
    return real_->ReadFile(path);
  }
  absl::Status CreateDirs(const std::string& path) override {
    RETURN_IF_ERROR(Call());
    return real_->CreateDirs(path);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    RETURN_IF_ERROR(Call());
    return real_->Rename(from, to);
  }
  absl::Status SyncDir(const std::string& path) override {
    RETURN_IF_ERROR(Call());
    return real_->SyncDir(path);
  }
  absl::Status RemoveAll(const std::string& path) override { return real_->RemoveAll(path); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override {
    RETURN_IF_ERROR(Call());
    return real_->List(path);
  }
  bool Exists(const std::string& path) override { return real_->Exists(path); }
  absl::StatusOr<uint64_t> Size(const std::string& path) override {
    RETURN_IF_ERROR(Call());
    return real_->Size(path);
  }
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override {
    RETURN_IF_ERROR(Call());
    return real_->FreeBytes(path);
  }

 private:
  class File final : public WritableFile {
   public:
    File(FaultyFileSystem* owner, std::unique_ptr<WritableFile> real) : owner_(owner), real_(std::move(real)) {}
    absl::Status Append(absl::string_view bytes) override {
      const absl::Status status = owner_->Call();
      if (status.ok()) return real_->Append(bytes);
      real_->Append(bytes.substr(0, bytes.size() / 2)).IgnoreError();
      return status;
    }
    absl::Status SyncAndClose() override {
      RETURN_IF_ERROR(owner_->Call());
      return real_->SyncAndClose();
    }

   private:
    FaultyFileSystem* owner_;
    std::unique_ptr<WritableFile> real_;
  };

  absl::Status Call() {
    const int call = ++calls_;
    const bool fails = fail_at_ > 0 && (for_good_ ? call >= fail_at_ : call == fail_at_);
    return fails ? status_ : absl::OkStatus();
  }

  FileSystem* real_;
  std::function<void(const std::string&)> on_create_;
  std::function<void(const std::string&)> on_read_;
  std::string unreadable_;
  absl::Status read_status_;
  std::atomic<int> calls_ = 0;
  int fail_at_ = 0;
  bool for_good_ = true;
  absl::Status status_;
};

}  // namespace facet

#endif  // FACET_TESTS_BASE_FAULTY_FILE_SYSTEM_H_
