// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_BASE_HELD_FILE_SYSTEM_H_
#define FACET_TESTS_BASE_HELD_FILE_SYSTEM_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "base/file_system.h"

namespace facet {

// A FileSystem that does what another does, but holds removals up while a test
// wants it to. Thread-safe.
class HeldFileSystem final : public FileSystem {
 public:
  explicit HeldFileSystem(FileSystem* real) : real_(real) {}

  // Removals of paths with `part` in them wait; empty: none does.
  void HoldRemovals(const std::string& part) {
    absl::MutexLock lock(&mutex_);
    held_part_ = part;
  }
  // Blocks until a removal waits.
  void AwaitHeld() { absl::MutexLock lock(&mutex_, absl::Condition(&holding_)); }

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override { return real_->Create(path); }
  absl::StatusOr<std::string> ReadFile(const std::string& path) override { return real_->ReadFile(path); }
  absl::Status CreateDirs(const std::string& path) override { return real_->CreateDirs(path); }
  absl::Status Rename(const std::string& from, const std::string& to) override { return real_->Rename(from, to); }
  absl::Status SyncDir(const std::string& path) override { return real_->SyncDir(path); }
  absl::Status RemoveAll(const std::string& path) override {
    {
      absl::MutexLock lock(&mutex_);
      const auto may_go = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return held_part_.empty() || !absl::StrContains(path, held_part_);
      };
      holding_ = holding_ || !may_go();
      mutex_.Await(absl::Condition(&may_go));
    }
    return real_->RemoveAll(path);
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override { return real_->List(path); }
  bool Exists(const std::string& path) override { return real_->Exists(path); }
  absl::StatusOr<uint64_t> Size(const std::string& path) override { return real_->Size(path); }
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override { return real_->FreeBytes(path); }

 private:
  FileSystem* const real_;
  absl::Mutex mutex_;
  std::string held_part_ ABSL_GUARDED_BY(mutex_);
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace facet

#endif  // FACET_TESTS_BASE_HELD_FILE_SYSTEM_H_
