// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_MODELS_MODEL_CACHE_H_
#define FACET_SERVER_CORE_MODELS_MODEL_CACHE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/core/models/model_registry.h"

namespace facet::server {

// Model versions in memory, by name. At most `max_loaded`, those counted that were
// let go of and that somebody still holds: the least recently used one that
// nobody holds makes room. However many ask for a version at
// once, it is loaded once. Thread-safe.
class ModelCache {
 public:
  // Calls `make_room` once it knows that the model is sound, before it takes
  // the memory, so that a damaged model drives no good one out; returns the
  // error if there is no room.
  using MakeRoom = absl::FunctionRef<absl::Status()>;
  using Loader = std::function<absl::StatusOr<ModelHandle>(const std::string& name, MakeRoom make_room)>;
  // Called after each change, without locks held.
  using Observer = std::function<void(int loaded, int64_t memory_bytes)>;

  ModelCache(int max_loaded, Loader loader, Observer observer)
      : max_loaded_(max_loaded), loader_(std::move(loader)), observer_(std::move(observer)) {}

  // Blocks while the version is loaded, by this call or another. Errors of the
  // loader. RESOURCE_EXHAUSTED (MODELS_BUSY, RetryInfo): all are in use.
  absl::StatusOr<ModelHandle> Acquire(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  // Null unless it is in memory now. Does not block.
  ModelHandle TryAcquire(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  // Lets it go; who holds it keeps it. Whether it was in memory.
  bool Release(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  // The same for good: what a load in progress brings is handed to those who
  // wait for it and not kept.
  void Forget(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Contains(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Shared with those who wait for its load; they may outlast its place in
  // `entries_`.
  struct Entry {
    bool loading = true;
    bool has_room = false;
    absl::Status error;  // of a load that failed
    ModelHandle model;
    uint64_t last_used = 0;
  };
  using Entries = std::map<std::string, std::shared_ptr<Entry>>;

  absl::StatusOr<ModelHandle> Load(const std::string& name, const std::shared_ptr<Entry>& entry)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // RESOURCE_EXHAUSTED: it is full and all are in use.
  absl::Status CheckRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TakeRoom(Entry& entry) ABSL_LOCKS_EXCLUDED(mutex_);
  bool IsFull() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Entries::iterator LeastRecentlyUsedIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Observe() ABSL_LOCKS_EXCLUDED(mutex_);

  const int max_loaded_;
  const Loader loader_;
  const Observer observer_;
  absl::Mutex mutex_;
  uint64_t uses_ ABSL_GUARDED_BY(mutex_) = 0;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  // What takes memory: loads that have room, and models in entries_ or outside.
  int loading_with_room_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::weak_ptr<LoadedModel>> living_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_MODELS_MODEL_CACHE_H_
