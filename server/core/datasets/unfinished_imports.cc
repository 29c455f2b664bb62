// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/unfinished_imports.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/names.h"

namespace facet::server {

UnfinishedImports::Entry::~Entry() {
  const absl::MutexLock lock(&owner_->mutex_);
  owner_->in_use_.erase(id_);
}

void UnfinishedImports::Entry::Remove() { owner_->file_system_->RemoveAll(folder_).IgnoreError(); }

std::unique_ptr<UnfinishedImports::Entry> UnfinishedImports::Begin(const std::string& id) {
  const absl::MutexLock lock(&mutex_);
  if (in_use_.size() >= kMaxFolders || !in_use_.insert(id).second) return nullptr;
  const std::string folder = absl::StrCat(root_, "/", id, ".", absl::ToUnixSeconds(clock_->Now()));
  bool there = false;
  for (const Folder& old : List()) {
    if (old.id != id) continue;
    const std::string path = absl::StrCat(root_, "/", old.name);
    // More than one of an id is not of our making.
    if (there || !file_system_->Rename(path, folder).ok()) file_system_->RemoveAll(path).IgnoreError();
    there = true;
  }
  RemoveOld();
  return std::make_unique<Entry>(this, id, folder);
}

void UnfinishedImports::Forget(const std::string& id) {
  const absl::MutexLock lock(&mutex_);
  if (in_use_.contains(id)) return;
  for (const Folder& folder : List()) {
    if (folder.id == id) file_system_->RemoveAll(absl::StrCat(root_, "/", folder.name)).IgnoreError();
  }
}

void UnfinishedImports::Clean() {
  const absl::MutexLock lock(&mutex_);
  RemoveOld();
}

std::vector<UnfinishedImports::Folder> UnfinishedImports::List() const {
  std::vector<Folder> folders;
  const auto names = file_system_->List(root_);
  if (!names.ok()) return folders;
  for (const std::string& name : *names) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(name, absl::MaxSplits('.', 1));
    int64_t seconds = 0;
    const bool ours = ValidateId(parts.first, "folder").ok() && absl::SimpleAtoi(parts.second, &seconds);
    // What is none of these folders is nobody's, and as old as can be.
    if (ours) {
      folders.push_back({name, parts.first, absl::FromUnixSeconds(seconds)});
    } else {
      folders.push_back({name, "", absl::InfinitePast()});
    }
  }
  return folders;
}

// Every import that runs has a folder, or will have one.
void UnfinishedImports::RemoveOld() {
  std::vector<Folder> folders = List();
  std::sort(folders.begin(), folders.end(), [](const Folder& a, const Folder& b) { return a.used > b.used; });
  const absl::Time oldest = clock_->Now() - kMaxAge;
  size_t kept = in_use_.size();
  for (const Folder& folder : folders) {
    if (in_use_.contains(folder.id)) continue;
    if (folder.used >= oldest && kept < kMaxFolders) {
      ++kept;
    } else {
      file_system_->RemoveAll(absl::StrCat(root_, "/", folder.name)).IgnoreError();
    }
  }
}

}  // namespace facet::server
