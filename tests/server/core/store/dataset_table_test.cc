// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/dataset_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "server/core/store/row.h"
#include "server/core/store/schema.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DatasetTableTest : public testing::Test {
 protected:
  DatasetTableTest() : database_(Database::Open(folder_ / "test.db").value()), table_(database_.get()) {
    EXPECT_TRUE(Migrate(*database_, Migrations()).ok());
  }
  void Insert(const std::string& dataset, int64_t version) {
    v1::Dataset info;
    info.set_name("datasets/" + VersionKey(dataset, version));
    const absl::Status status = table_.Insert(dataset, version, info);
    ASSERT_TRUE(status.ok()) << status;
  }
  std::vector<std::string> List(const std::string& dataset, int limit, std::string* next) {
    auto page = table_.List(dataset, {limit, *next});
    EXPECT_TRUE(page.ok()) << page.status();
    *next = page->next;
    std::vector<std::string> names;
    for (const auto& info : page->items) names.push_back(info.name());
    return names;
  }

  TempFolder folder_;
  std::unique_ptr<Database> database_;
  DatasetTable table_;
};

TEST_F(DatasetTableTest, VersionsOfModelsAndDatasetsCountApart) {
  ASSERT_TRUE(VersionNumbers(database_.get(), VersionKind::kModel).Reserve("a", 0).ok());
  EXPECT_EQ(table_.numbers().Reserve("a", 0).value(), 1);
  EXPECT_EQ(table_.numbers().Reserve("a", 0).value(), 2);
}

TEST_F(DatasetTableTest, VersionZeroIsTheNewest) {
  Insert("a", 9);
  Insert("a", 10);
  EXPECT_EQ(table_.Get("a", 0)->name(), "datasets/a@10");
  EXPECT_EQ(table_.Get("a", 9)->name(), "datasets/a@9");
}

TEST_F(DatasetTableTest, TakenVersionIsRefused) {
  Insert("a", 1);
  EXPECT_TRUE(absl::IsAlreadyExists(table_.Insert("a", 1, v1::Dataset())));
}

TEST_F(DatasetTableTest, UnknownNameNamesTheNearest) {
  Insert("digits", 1);
  EXPECT_THAT(std::string(table_.Get("digit", 0).status().message()), HasSubstr("Did you mean 'digits'?"));
  const absl::Status version = table_.Get("digits", 2).status();
  EXPECT_THAT(std::string(version.message()), HasSubstr("no version 2. It has: 1."));
  EXPECT_EQ(GetErrorDetail(version).resource->type, "facet.v1.Dataset");
}

TEST_F(DatasetTableTest, ListsTheNewestOfEachByName) {
  Insert("b", 1);
  Insert("a", 9);
  Insert("a", 10);
  Insert("c", 1);
  std::string next;
  EXPECT_THAT(List("", 2, &next), ElementsAre("datasets/a@10", "datasets/b@1"));
  EXPECT_THAT(List("", 2, &next), ElementsAre("datasets/c@1"));
  EXPECT_THAT(next, IsEmpty());
}

TEST_F(DatasetTableTest, ListsVersionsOfOneNewestFirst) {
  for (const int version : {1, 9, 10}) Insert("a", version);
  Insert("b", 1);
  std::string next;
  EXPECT_THAT(List("a", 2, &next), ElementsAre("datasets/a@10", "datasets/a@9"));
  EXPECT_THAT(List("a", 2, &next), ElementsAre("datasets/a@1"));
  EXPECT_THAT(next, IsEmpty());
}

TEST_F(DatasetTableTest, DeletesOneVersion) {
  Insert("a", 1);
  Insert("a", 2);
  ASSERT_TRUE(table_.Delete("a", 2).ok());
  EXPECT_EQ(table_.Get("a", 0)->name(), "datasets/a@1");
  EXPECT_TRUE(absl::IsNotFound(table_.Delete("a", 2)));
}

}  // namespace
}  // namespace facet::server
