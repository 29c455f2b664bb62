// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_ID_LOCKS_H_
#define FACET_SERVER_CORE_JOBS_ID_LOCKS_H_

#include <set>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace facet::server {

// A lock for each id, so that those who make, move and remove a job take turns:
// row and folder change together, and so do row and queue. Thread-safe; outlives
// its holds.
class IdLocks {
 public:
  // The id is its holder's alone for as long as this lives.
  class Hold {
   public:
    Hold(IdLocks* locks, std::string id) : locks_(*locks), id_(std::move(id)) {
      absl::MutexLock lock(&locks_.mutex_);
      const auto is_free = [this]()
                               ABSL_EXCLUSIVE_LOCKS_REQUIRED(locks_.mutex_) { return locks_.held_.count(id_) == 0; };
      locks_.mutex_.Await(absl::Condition(&is_free));
      locks_.held_.insert(id_);
    }
    ~Hold() {
      absl::MutexLock lock(&locks_.mutex_);
      locks_.held_.erase(id_);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    IdLocks& locks_;
    const std::string id_;
  };

 private:
  absl::Mutex mutex_;
  std::set<std::string> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_ID_LOCKS_H_
