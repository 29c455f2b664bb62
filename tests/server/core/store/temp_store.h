// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_STORE_TEMP_STORE_H_
#define FACET_TESTS_SERVER_CORE_STORE_TEMP_STORE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "base/names.h"
#include "server/core/store/store.h"

namespace facet::server {

// A folder of its own that goes with it.
class TempFolder {
 public:
  TempFolder() : path_(absl::StrCat(testing::TempDir(), "/facet-", RandomHexId())) {
    EXPECT_TRUE(FileSystem::Posix()->CreateDirs(path_).ok());
  }
  ~TempFolder() { FileSystem::Posix()->RemoveAll(path_).IgnoreError(); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return absl::StrCat(path_, "/", name); }

 private:
  std::string path_;
};

// A real store in a folder of its own. Reopen() is a restart of the server.
class TempStore {
 public:
  TempStore() { Reopen(); }

  void Reopen() {
    store_.reset();
    auto store = Store::Open(folder_ / "facet.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  // As if the database had been lost: an empty one takes its place.
  void Lose() {
    store_.reset();
    for (const char* file : {"facet.db", "facet.db-wal", "facet.db-shm"}) {
      ASSERT_TRUE(FileSystem::Posix()->RemoveAll(folder_ / file).ok());
    }
    Reopen();
  }
  Store* get() const { return store_.get(); }
  Store* operator->() const { return store_.get(); }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_STORE_TEMP_STORE_H_
