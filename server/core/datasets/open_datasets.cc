// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/open_datasets.h"

#include <utility>

#include "base/behind_wall.h"
#include "base/status_macros.h"

namespace facet::server {

absl::StatusOr<OpenDatasets::Handle> OpenDatasets::Acquire(const std::string& name, Opener open) {
  EntryPtr entry;
  ASSIGN_OR_RETURN(Handle found, Find(name, entry));
  if (found != nullptr) return found;
  return Open(name, entry, open);
}

absl::StatusOr<OpenDatasets::Handle> OpenDatasets::Find(const std::string& name, EntryPtr& entry) {
  const absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) {
    entry = found->second;
    mutex_.Await(absl::Condition(
        +[](Entry* e) { return !e->opening; }, entry.get()));
    if (!entry->error.ok()) return entry->error;
    Handle handle = entry->opened.lock();
    if (handle != nullptr) {
      if (const auto still = entries_.find(name); still != entries_.end() && still->second == entry) {
        Keep(name, handle);
      }
      return handle;
    }
  }
  std::erase_if(entries_, [](const auto& other) { return !other.second->opening && other.second->opened.expired(); });
  // Another may have begun while this one waited for what has gone again: then
  // there are two, of which the last is found.
  entry = std::make_shared<Entry>();
  entries_[name] = entry;
  return nullptr;
}

absl::StatusOr<OpenDatasets::Handle> OpenDatasets::Open(const std::string& name, const EntryPtr& entry, Opener open) {
  absl::StatusOr<Handle> handle = BehindWall([&] { return open(); });
  const absl::MutexLock lock(&mutex_);
  entry->opening = false;
  const auto found = entries_.find(name);
  const bool wanted = found != entries_.end() && found->second == entry;
  if (handle.ok()) {
    entry->opened = *handle;
    if (wanted) Keep(name, *handle);
  } else {
    entry->error = handle.status();
    if (wanted) entries_.erase(found);
  }
  return handle;
}

void OpenDatasets::Keep(const std::string& name, const Handle& handle) {
  std::erase_if(kept_, [&](const auto& other) { return other.first == name; });
  kept_.emplace_front(name, handle);
  if (kept_.size() > max_kept_) kept_.pop_back();
}

void OpenDatasets::Forget(const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  entries_.erase(name);
  std::erase_if(kept_, [&](const auto& other) { return other.first == name; });
}

}  // namespace facet::server
