// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_MODELS_CLASSIFIER_CACHE_H_
#define FACET_SERVER_CORE_MODELS_CLASSIFIER_CACHE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/core/models/model_registry.h"

namespace facet::server {

// Classifiers in memory, by version: the `max_loaded` last asked for, and those
// that somebody holds, so that a version is never there twice. They are asked
// for seldom and load quickly, so they are loaded one at a time; those in memory
// are had meanwhile. Thread-safe.
class ClassifierCache {
 public:
  using Loader = std::function<absl::StatusOr<ClassifierHandle>(const std::string& name)>;

  ClassifierCache(size_t max_loaded, Loader loader) : max_loaded_(max_loaded), loader_(std::move(loader)) {}

  // Blocks while it is loaded. Errors of the loader.
  absl::StatusOr<ClassifierHandle> Acquire(const std::string& name) ABSL_LOCKS_EXCLUDED(loading_, mutex_);
  // Who holds it keeps it; who asks for it gets it read anew. What is being
  // loaded is handed to who asked, and not kept.
  void Forget(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Null unless it is in memory; then it is the last used.
  ClassifierHandle Find(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  void Keep(const ClassifierHandle& handle) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_loaded_;
  const Loader loader_;
  absl::Mutex loading_ ABSL_ACQUIRED_BEFORE(mutex_);  // held by the one who loads, over the disk
  absl::Mutex mutex_;
  int64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;                                        // calls of Forget
  std::deque<ClassifierHandle> loaded_ ABSL_GUARDED_BY(mutex_);                          // last used first
  std::map<std::string, std::weak_ptr<LoadedClassifier>> held_ ABSL_GUARDED_BY(mutex_);  // those in loaded_, too
};

// Reads the bundle in `path` and builds its classifier on `device`. DATA_LOSS:
// missing, damaged or contradictory. FAILED_PRECONDITION (NO_CLASSIFIER): it
// has none, or one that was never trained.
absl::StatusOr<ClassifierHandle> ReadClassifier(FileSystem& file_system, const std::string& path,
                                                const std::string& name, const std::string& device);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_MODELS_CLASSIFIER_CACHE_H_
