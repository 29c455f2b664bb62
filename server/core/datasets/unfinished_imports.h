// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_DATASETS_UNFINISHED_IMPORTS_H_
#define FACET_SERVER_CORE_DATASETS_UNFINISHED_IMPORTS_H_

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/file_system.h"

namespace facet::server {

// Folders in which imports keep what they have prepared, so that one that was
// cut off goes on when it is asked for again: one for each data set,
// `<root>/<id>.<seconds>`, with the time at which it was last in use. A folder
// goes when its import succeeds, when its data set is deleted, when it was left
// for 7 days, and when it is the oldest of more than 8.
//
// Nothing fails: what the disk refuses costs the help alone. Thread-safe;
// blocks on the disk.
class UnfinishedImports {
 public:
  static constexpr absl::Duration kMaxAge = absl::Hours(7 * 24);
  static constexpr size_t kMaxFolders = 8;

  // The folder of one import while this lives; UnfinishedImports outlives it.
  class Entry {
   public:
    Entry(UnfinishedImports* owner, std::string id, std::string folder)
        : owner_(owner), id_(std::move(id)), folder_(std::move(folder)) {}
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    // Need not be there.
    const std::string& folder() const { return folder_; }
    // The import has succeeded.
    void Remove();

   private:
    UnfinishedImports* const owner_;
    const std::string id_;
    const std::string folder_;
  };

  UnfinishedImports(FileSystem* file_system, Clock* clock, std::string root)
      : file_system_(file_system), clock_(clock), root_(std::move(root)) {}

  // Null while another import into the data set runs, and where all folders are
  // in use.
  std::unique_ptr<Entry> Begin(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);
  // The data set is gone. One that is being imported keeps its folder.
  void Forget(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Removes what is old, and what is none of these folders.
  void Clean() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Folder {
    std::string name;
    std::string id;
    absl::Time used;
  };
  std::vector<Folder> List() const;
  void RemoveOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  FileSystem* const file_system_;
  Clock* const clock_;
  const std::string root_;
  // Held over the disk: folders are few, and imports begin seldom.
  absl::Mutex mutex_;
  std::set<std::string> in_use_ ABSL_GUARDED_BY(mutex_);  // ids
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_DATASETS_UNFINISHED_IMPORTS_H_
