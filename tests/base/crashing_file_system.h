// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_BASE_CRASHING_FILE_SYSTEM_H_
#define FACET_TESTS_BASE_CRASHING_FILE_SYSTEM_H_

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace facet {

// A disk in memory that knows what a crash would leave: what was written and not
// forced to the disk may be lost, and so may names in folders that were not. At
// the call a test chooses the process dies: that call and all after it do
// nothing. Then Reboot() is what the next process finds. Not thread-safe.
class CrashingFileSystem final : public FileSystem {
 public:
  enum class Loss {
    kNone,      // the process died, the machine lives
    kUnsynced,  // the power failed; everything that could get lost did
    kSome,      // likewise, but by chance
  };

  // Dies in the `n`-th call that changes something, counted from 1, after
  // `torn` bytes where that is an Append; 0: never.
  void CrashAt(int n, size_t torn = 0) {
    calls_ = 0;
    crash_at_ = n;
    torn_ = torn;
  }
  bool crashed() const { return crashed_; }
  // Length of the Append that crashed; 0 where another call did.
  size_t append_length() const { return append_length_; }

  void Reboot(Loss loss, uint32_t seed = 0) {
    std::minstd_rand random(seed);
    if (loss != Loss::kNone) Lose(*root_, loss, random);
    CrashAt(0);
    crashed_ = false;
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    if (Dies()) return Dead();
    auto [folder, name] = Locate(path);
    if (folder == nullptr) return absl::NotFoundError(path);
    auto file = std::make_shared<Node>();
    folder->children[name] = file;
    return std::make_unique<File>(this, std::move(file));
  }
  absl::StatusOr<std::string> ReadFile(const std::string& path) override {
    const auto node = Find(path);
    if (node == nullptr || node->is_folder) return absl::NotFoundError(path);
    return node->data;
  }
  absl::Status CreateDirs(const std::string& path) override {
    if (Dies()) return Dead();
    auto node = root_;
    for (const auto& part : Parts(path)) {
      auto& child = node->children[part];
      if (child == nullptr) child = std::make_shared<Node>(Node{true});
      node = child;
    }
    return absl::OkStatus();
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (Dies()) return Dead();
    auto [source, old_name] = Locate(from);
    auto [target, new_name] = Locate(to);
    target->children[new_name] = source->children.at(old_name);
    source->children.erase(old_name);
    return absl::OkStatus();
  }
  absl::Status SyncDir(const std::string& path) override {
    if (Dies()) return Dead();
    const auto node = Find(path);
    if (node == nullptr) return absl::NotFoundError(path);
    node->synced_children = node->children;
    return absl::OkStatus();
  }
  absl::Status RemoveAll(const std::string& path) override {
    const auto node = Find(path);
    if (node == nullptr) return absl::OkStatus();
    // File by file, as it really goes.
    for (const auto& [name, child] : std::map(node->children)) {
      if (absl::Status removed = RemoveAll(path + "/" + name); !removed.ok()) return removed;
    }
    if (Dies()) return Dead();
    auto [folder, name] = Locate(path);
    folder->children.erase(name);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override {
    const auto node = Find(path);
    if (node == nullptr) return absl::NotFoundError(path);
    std::vector<std::string> names;
    for (const auto& [name, child] : node->children) names.push_back(name);
    return names;
  }
  bool Exists(const std::string& path) override { return Find(path) != nullptr; }
  absl::StatusOr<uint64_t> Size(const std::string&) override { return 0; }
  absl::StatusOr<uint64_t> FreeBytes(const std::string&) override { return uint64_t{1} << 40; }

 private:
  struct Node {
    bool is_folder = false;
    std::string data = {};
    std::string synced = {};
    std::map<std::string, std::shared_ptr<Node>> children = {};
    std::map<std::string, std::shared_ptr<Node>> synced_children = {};
  };

  class File final : public WritableFile {
   public:
    File(CrashingFileSystem* owner, std::shared_ptr<Node> node) : owner_(owner), node_(std::move(node)) {}
    absl::Status Append(absl::string_view bytes) override {
      const bool was_dead = owner_->crashed_;
      if (!owner_->Dies()) {
        node_->data.append(bytes.data(), bytes.size());
        return absl::OkStatus();
      }
      if (!was_dead) {
        node_->data.append(bytes.data(), std::min(owner_->torn_, bytes.size()));
        owner_->append_length_ = bytes.size();
      }
      return Dead();
    }
    absl::Status SyncAndClose() override {
      if (owner_->Dies()) return Dead();
      node_->synced = node_->data;
      return absl::OkStatus();
    }

   private:
    CrashingFileSystem* owner_;
    std::shared_ptr<Node> node_;
  };

  static absl::Status Dead() { return absl::InternalError("the process is dead"); }
  bool Dies() {
    if (++calls_ == crash_at_) {
      crashed_ = true;
      append_length_ = 0;
    }
    return crashed_;
  }

  static std::vector<std::string> Parts(const std::string& path) {
    return absl::StrSplit(path, '/', absl::SkipEmpty());
  }
  std::shared_ptr<Node> Find(const std::string& path) const {
    auto node = root_;
    for (const auto& part : Parts(path)) {
      const auto child = node->children.find(part);
      if (child == node->children.end()) return nullptr;
      node = child->second;
    }
    return node;
  }
  std::pair<std::shared_ptr<Node>, std::string> Locate(const std::string& path) const {
    const size_t slash = path.rfind('/');
    return {Find(path.substr(0, slash)), path.substr(slash + 1)};
  }

  void Lose(Node& node, Loss loss, std::minstd_rand& random) {
    const auto lost = [&] { return loss == Loss::kUnsynced || random() % 2 == 0; };
    if (node.data != node.synced && lost()) {
      const bool torn = loss == Loss::kSome;
      node.data = torn ? node.data.substr(0, random() % (node.data.size() + 1)) : node.synced;
    }
    if (lost()) node.children = node.synced_children;
    for (auto& [name, child] : node.children) Lose(*child, loss, random);
    node.synced = node.data;
    node.synced_children = node.children;
  }

  std::shared_ptr<Node> root_ = std::make_shared<Node>(Node{true});
  int calls_ = 0;
  int crash_at_ = 0;
  size_t torn_ = 0;
  bool crashed_ = false;
  size_t append_length_ = 0;
};

}  // namespace facet

#endif  // FACET_TESTS_BASE_CRASHING_FILE_SYSTEM_H_
