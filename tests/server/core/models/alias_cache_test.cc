// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/alias_cache.h"

#include <gtest/gtest.h>

#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

// The version that `models/digits@{alias}` means; 0 if there is none.
int64_t Resolve(AliasCache& aliases, const std::string& alias) {
  const auto name = aliases.Resolve({"digits", 0, alias});
  if (!name.ok()) {
    EXPECT_EQ(name.status().code(), absl::StatusCode::kNotFound);
    return 0;
  }
  EXPECT_EQ(name->id, "digits");
  EXPECT_EQ(name->alias, "");
  return name->version;
}

v1::ModelVersion MakeInfo(int64_t version) {
  v1::ModelVersion info;
  info.set_name(absl::StrCat("models/digits@", version));
  return info;
}

TEST(AliasCacheTest, AsksTheStoreOnceUntilCleared) {
  TempStore store;
  for (int64_t version = 1; version <= 2; ++version) {
    ASSERT_TRUE(store->InsertModelVersion("digits", version, MakeInfo(version), {}).ok());
  }
  ASSERT_TRUE(store->SetAlias("digits", "stable", 1).ok());
  AliasCache aliases(store.get());
  EXPECT_EQ(Resolve(aliases, "stable"), 1);
  ASSERT_TRUE(store->SetAlias("digits", "stable", 2).ok());
  EXPECT_EQ(Resolve(aliases, "stable"), 1) << "from memory";
  aliases.Clear();
  EXPECT_EQ(Resolve(aliases, "stable"), 2);
}

TEST(AliasCacheTest, WhatIsUnknownIsAskedForAgain) {
  TempStore store;
  AliasCache aliases(store.get());
  EXPECT_EQ(Resolve(aliases, "stable"), 0);
  ASSERT_TRUE(store->InsertModelVersion("digits", 1, MakeInfo(1), {}).ok());
  ASSERT_TRUE(store->SetAlias("digits", "stable", 1).ok());
  EXPECT_EQ(Resolve(aliases, "stable"), 1);
}

TEST(AliasCacheTest, NoAliasMeansLatestAndAVersionIsItsOwnAnswer) {
  TempStore store;
  ASSERT_TRUE(store->InsertModelVersion("digits", 1, MakeInfo(1), {}).ok());
  ASSERT_TRUE(store->SetAlias("digits", "latest", 1).ok());
  AliasCache aliases(store.get());
  EXPECT_EQ(Resolve(aliases, ""), 1);
  EXPECT_EQ(aliases.Resolve({"digits", 7, ""})->version, 7) << "not looked up";
}

}  // namespace
}  // namespace facet::server
