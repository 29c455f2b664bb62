// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_DATASETS_IMPORT_BOARD_H_
#define FACET_SERVER_CORE_DATASETS_IMPORT_BOARD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "facet/v1/dataset.pb.h"

namespace facet::server {

// How far the imports in progress are, by the ids that clients gave them.
// Thread-safe; nothing blocks.
class ImportBoard {
 public:
  // A place on the board while this lives; the board outlives it.
  class Entry {
   public:
    Entry(ImportBoard* board, std::string id) : board_(board), id_(std::move(id)) {}
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    void Update(int64_t done, int64_t total);

   private:
    ImportBoard* const board_;
    const std::string id_;
  };

  // Null for an import without an id. INVALID_ARGUMENT (field "import_id"):
  // over 64 bytes. ALREADY_EXISTS (reason IMPORT_ID_IN_USE).
  absl::StatusOr<std::unique_ptr<Entry>> Begin(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);
  // INVALID_ARGUMENT (field "import_id"): empty. NOT_FOUND: none of that id is in
  // progress.
  absl::StatusOr<v1::ImportProgress> Get(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  std::map<std::string, v1::ImportProgress> imports_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_DATASETS_IMPORT_BOARD_H_
