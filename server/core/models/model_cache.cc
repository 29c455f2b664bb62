// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/model_cache.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/behind_wall.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::server {

absl::StatusOr<ModelHandle> ModelCache::Acquire(const std::string& name) {
  std::shared_ptr<Entry> entry;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(name);
    if (found != entries_.end()) {
      entry = found->second;
      mutex_.Await(absl::Condition(
          +[](Entry* e) { return !e->loading; }, entry.get()));
      if (!entry->error.ok()) return entry->error;
      entry->last_used = ++uses_;
      return entry->model;
    }
    RETURN_IF_ERROR(CheckRoom());
    entry = std::make_shared<Entry>();
    entries_.emplace(name, entry);
  }
  return Load(name, entry);
}

absl::StatusOr<ModelHandle> ModelCache::Load(const std::string& name, const std::shared_ptr<Entry>& entry) {
  // Whatever happens, those who wait must hear of it.
  absl::StatusOr<ModelHandle> model = BehindWall([&] { return loader_(name, [&] { return TakeRoom(*entry); }); });
  {
    absl::MutexLock lock(&mutex_);
    entry->loading = false;
    if (entry->has_room) --loading_with_room_;
    entry->last_used = ++uses_;
    if (model.ok()) {
      entry->model = *model;
      living_.push_back(*model);
    } else {
      // The next caller tries again; those who wait get this error.
      entry->error = model.status();
      const auto found = entries_.find(name);
      if (found != entries_.end() && found->second == entry) entries_.erase(found);
    }
  }
  Observe();
  return model;
}

bool ModelCache::IsFull() {
  std::erase_if(living_, [](const auto& model) { return model.expired(); });
  return loading_with_room_ + static_cast<int>(living_.size()) >= max_loaded_;
}

auto ModelCache::LeastRecentlyUsedIdle() -> Entries::iterator {
  auto oldest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    // Handles are copied under the lock alone, so one holder stays one holder.
    const bool idle = !it->second->loading && it->second->model.use_count() == 1;
    if (idle && (oldest == entries_.end() || it->second->last_used < oldest->second->last_used)) oldest = it;
  }
  return oldest;
}

absl::Status ModelCache::CheckRoom() {
  if (!IsFull() || LeastRecentlyUsedIdle() != entries_.end()) return absl::OkStatus();
  return WithRetryAfter(
      WithReason(absl::ResourceExhaustedError(absl::StrCat(
                     "all ", max_loaded_, " models that fit in memory are in use; raise limits.max_loaded_models")),
                 "MODELS_BUSY"),
      absl::Seconds(1));
}

absl::Status ModelCache::TakeRoom(Entry& entry) {
  std::shared_ptr<Entry> evicted;  // goes after the lock
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(CheckRoom());
  if (IsFull()) {
    const auto oldest = LeastRecentlyUsedIdle();
    evicted = std::move(oldest->second);
    entries_.erase(oldest);
  }
  entry.has_room = true;
  ++loading_with_room_;
  return absl::OkStatus();
}

ModelHandle ModelCache::TryAcquire(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second->loading) return nullptr;
  found->second->last_used = ++uses_;
  return found->second->model;
}

bool ModelCache::Release(const std::string& name) {
  std::shared_ptr<Entry> released;  // goes after the lock
  {
    absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end() || found->second->loading) return false;
    released = std::move(found->second);
    entries_.erase(found);
  }
  Observe();
  return true;
}

void ModelCache::Forget(const std::string& name) {
  std::shared_ptr<Entry> forgotten;  // goes after the lock
  {
    absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    forgotten = std::move(found->second);
    entries_.erase(found);
  }
  Observe();
}

bool ModelCache::Contains(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(name);
  return found != entries_.end() && !found->second->loading;
}

void ModelCache::Observe() {
  int loaded = 0;
  int64_t bytes = 0;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [name, entry] : entries_) {
      if (entry->loading) continue;
      ++loaded;
      bytes += entry->model->renderer->memory_bytes();
    }
  }
  observer_(loaded, bytes);
}

}  // namespace facet::server
