// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/alias_cache.h"

#include <utility>

#include "base/status_macros.h"

namespace facet::server {

std::optional<ModelName> AliasCache::Find(const ModelName& name) {
  if (name.version != 0) return name;
  absl::MutexLock lock(&mutex_);
  const auto found = versions_.find(name.ToString());
  if (found == versions_.end()) return std::nullopt;
  return ModelName{name.id, found->second, ""};
}

absl::StatusOr<ModelName> AliasCache::Resolve(const ModelName& name) {
  int64_t generation = 0;
  {
    absl::MutexLock lock(&mutex_);
    generation = generation_;
  }
  if (auto found = Find(name); found.has_value()) return *std::move(found);
  ModelName resolved{name.id, 0, ""};
  ASSIGN_OR_RETURN(resolved.version, store_->ResolveAlias(name.id, name.alias.empty() ? kLatestAlias : name.alias));
  absl::MutexLock lock(&mutex_);
  if (generation == generation_) versions_[name.ToString()] = resolved.version;
  return resolved;
}

void AliasCache::Clear() {
  absl::MutexLock lock(&mutex_);
  ++generation_;
  versions_.clear();
}

}  // namespace facet::server
