// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_MODELS_ALIAS_CACHE_H_
#define FACET_SERVER_CORE_MODELS_ALIAS_CACHE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/core/resource_name.h"
#include "server/core/store/store.h"

namespace facet::server {

// Versions that aliases point to, so that a render does not ask the database.
// Thread-safe.
class AliasCache {
 public:
  explicit AliasCache(Store* store) : store_(store) {}

  // The name with a version: that of its alias, of `latest` where it has none,
  // or its own. NOT_FOUND: no such alias. A version given is not looked up.
  absl::StatusOr<ModelName> Resolve(const ModelName& name) ABSL_LOCKS_EXCLUDED(mutex_);
  // The same from memory alone; nothing where it would have to ask.
  std::optional<ModelName> Find(const ModelName& name) ABSL_LOCKS_EXCLUDED(mutex_);

  // Call after each change of an alias in the store.
  void Clear() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Store* const store_;
  absl::Mutex mutex_;
  // Grows with each Clear: an answer read before it is not kept after it.
  int64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int64_t> versions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_MODELS_ALIAS_CACHE_H_
