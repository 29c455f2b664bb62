// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/alias_cache.h"

#include <utility>

#include "base/status_macros.h"

namespace facet::server {

absl::StatusOr<ModelName> AliasCache::Resolve(const ModelName& name) {
  ModelName resolved = name;
  if (name.version != 0) return resolved;
  const std::string alias = std::exchange(resolved.alias, "");
  const std::string key = name.ToString();
  int64_t generation = 0;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = versions_.find(key);
    if (found != versions_.end()) {
      resolved.version = found->second;
      return resolved;
    }
    generation = generation_;
  }
  ASSIGN_OR_RETURN(resolved.version, store_->ResolveAlias(name.id, alias.empty() ? kLatestAlias : alias));
  absl::MutexLock lock(&mutex_);
  if (generation == generation_) versions_[key] = resolved.version;
  return resolved;
}

void AliasCache::Clear() {
  absl::MutexLock lock(&mutex_);
  ++generation_;
  versions_.clear();
}

}  // namespace facet::server
