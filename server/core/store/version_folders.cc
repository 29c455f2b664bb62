// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/version_folders.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/names.h"
#include "base/sealed_folder.h"
#include "base/status_macros.h"

namespace facet::server {

VersionFolders::VersionFolders(FileSystem* file_system, Store* store, VersionKind kind, std::string root)
    : file_system_(*file_system), store_(*store), kind_(kind), root_(std::move(root)) {}

std::string VersionFolders::PathOf(const std::string& id, int64_t version) const {
  return absl::StrCat(root_, "/", id, "/", version);
}

absl::Status VersionFolders::FindRow(const std::string& id, int64_t version) {
  return kind_ == VersionKind::kModel ? store_.GetModelVersion(id, version).status()
                                      : store_.GetDataset(id, version).status();
}

absl::StatusOr<std::vector<int64_t>> VersionFolders::ListVersions(const std::string& id) {
  const std::string folder = absl::StrCat(root_, "/", id);
  std::vector<int64_t> versions;
  if (!file_system_.Exists(folder)) return versions;
  ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system_.List(folder));
  for (const std::string& name : names) {
    int64_t version = 0;
    if (absl::SimpleAtoi(name, &version) && version >= 1) versions.push_back(version);
  }
  return versions;
}

absl::StatusOr<std::vector<std::string>> VersionFolders::Recover() {
  ASSIGN_OR_RETURN(const std::vector<VersionRef> unfinished, store_.ListUnfinishedVersions(kind_));
  for (const VersionRef& each : unfinished) {
    RETURN_IF_ERROR(each.deleted ? Remove(each.id, each.version) : RemoveUnlessWhole(each.id, each.version));
  }
  std::vector<std::string> unknown;
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, file_system_.List(root_));
  for (const std::string& id : ids) {
    // What is not named by us is not ours to remove.
    if (!ValidateId(id, "folder").ok()) continue;
    RETURN_IF_ERROR(RemoveUnsealedLeftovers(file_system_, absl::StrCat(root_, "/", id)));
    ASSIGN_OR_RETURN(const std::vector<int64_t> versions, ListVersions(id));
    for (const int64_t version : versions) {
      const absl::Status found = FindRow(id, version);
      if (absl::IsNotFound(found)) {
        unknown.push_back(PathOf(id, version));
      } else if (!found.ok()) {
        return found;
      }
    }
  }
  return unknown;
}

absl::Status VersionFolders::RemoveUnlessWhole(const std::string& id, int64_t version) {
  const std::string path = PathOf(id, version);
  const auto files = ReadSeal(file_system_, path);
  if (absl::IsNotFound(files.status()) || absl::IsDataLoss(files.status())) return Remove(id, version);
  // What cannot be read now is looked at again at the next start.
  if (!files.ok()) return absl::OkStatus();
  // A folder gets its name once it is whole; its files may be larger than the
  // memory, so whoever opens it reads them.
  const bool whole = std::all_of(files->begin(), files->end(), [&](const auto& file) {
    return file_system_.Exists(absl::StrCat(path, "/", file.first));
  });
  return whole ? store_.FinishVersion(kind_, id, version) : Remove(id, version);
}

absl::StatusOr<int64_t> VersionFolders::Reserve(const std::string& id) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> taken, ListVersions(id));
  const auto last = std::max_element(taken.begin(), taken.end());
  return store_.ReserveVersion(kind_, id, last == taken.end() ? 0 : *last);
}

absl::Status VersionFolders::Remove(const std::string& id, int64_t version) {
  RETURN_IF_ERROR(file_system_.RemoveAll(PathOf(id, version)));
  return store_.FinishVersion(kind_, id, version);
}

absl::Status VersionFolders::Release(const std::string& id, int64_t version) {
  RETURN_IF_ERROR(file_system_.RemoveAll(PathOf(id, version)));
  return store_.ReleaseVersion(kind_, id, version);
}

}  // namespace facet::server
