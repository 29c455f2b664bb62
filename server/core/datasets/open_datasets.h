// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_DATASETS_OPEN_DATASETS_H_
#define FACET_SERVER_CORE_DATASETS_OPEN_DATASETS_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "model/data/dataset.h"

namespace facet::server {

// Versions of data sets that are open, by name: the `kept` last asked for, and
// those that somebody holds. Opening reads and checks all of a version, so one
// opening serves all who ask meanwhile. Thread-safe.
class OpenDatasets {
 public:
  using Handle = std::shared_ptr<const model::Dataset>;
  using Opener = absl::FunctionRef<absl::StatusOr<Handle>()>;

  // `kept` is at least 1.
  explicit OpenDatasets(size_t kept) : max_kept_(kept) {}

  // Blocks while it is opened, by this call or another. Errors of `open`, for
  // all who wait; the next who asks tries again.
  absl::StatusOr<Handle> Acquire(const std::string& name, Opener open) ABSL_LOCKS_EXCLUDED(mutex_);
  // It has been deleted. Who holds it keeps it; what an `open` in progress brings
  // is handed to those who wait and not kept.
  void Forget(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Shared with those who wait for its opening; they may outlast its place in
  // `entries_`.
  struct Entry {
    bool opening = true;
    absl::Status error;
    std::weak_ptr<const model::Dataset> opened;
  };
  using EntryPtr = std::shared_ptr<Entry>;

  absl::StatusOr<Handle> Open(const std::string& name, const EntryPtr& entry, Opener open) ABSL_LOCKS_EXCLUDED(mutex_);
  // What the one before has opened; null where there is none, and `entry` is
  // this caller's to open.
  absl::StatusOr<Handle> Find(const std::string& name, EntryPtr& entry) ABSL_LOCKS_EXCLUDED(mutex_);
  void Keep(const std::string& name, const Handle& handle) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_kept_;
  absl::Mutex mutex_;
  std::map<std::string, EntryPtr> entries_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::pair<std::string, Handle>> kept_ ABSL_GUARDED_BY(mutex_);  // last asked for first
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_DATASETS_OPEN_DATASETS_H_
