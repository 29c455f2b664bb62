// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_VERSION_FOLDERS_H_
#define FACET_SERVER_CORE_STORE_VERSION_FOLDERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "server/core/store/store.h"

namespace facet::server {

// Folders `<root>/<id>/<version>/` of one kind, and what the store knows of them.
// What the store does not know, because it is older than they are or is another
// one, is left alone and its number is not given out. Thread-safe.
class VersionFolders {
 public:
  // Both outlive it.
  VersionFolders(FileSystem* file_system, Store* store, VersionKind kind, std::string root);

  std::string PathOf(const std::string& id, int64_t version) const;

  // Removes what a server that died left of versions that it was making or
  // removing. One that was being made and is whole stays: where the store was
  // restored from a copy made meanwhile, the version was finished after it.
  // Returns the folders that the store does not know.
  absl::StatusOr<std::vector<std::string>> Recover();

  // A version whose folder is free.
  absl::StatusOr<int64_t> Reserve(const std::string& id);

  // Removes the folder of a version that was deleted. What may stay of it goes at
  // the next start.
  absl::Status Remove(const std::string& id, int64_t version);

  // Likewise of one that Reserve gave since this was made and that came to
  // nothing; its number may be given again (Store::ReleaseVersion).
  absl::Status Release(const std::string& id, int64_t version);

 private:
  // Of one that was reserved and never inserted.
  absl::Status RemoveUnlessWhole(const std::string& id, int64_t version);
  absl::Status FindRow(const std::string& id, int64_t version);
  // Numbers of the folders of `id`.
  absl::StatusOr<std::vector<int64_t>> ListVersions(const std::string& id);

  FileSystem& file_system_;
  Store& store_;
  const VersionKind kind_;
  const std::string root_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_VERSION_FOLDERS_H_
