// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/model_table.h"

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

class ModelTableTest : public testing::Test {
 protected:
  ModelTableTest() : database_(Database::Open(folder_ / "test.db").value()), table_(database_.get()) {
    EXPECT_TRUE(Migrate(*database_, Migrations()).ok());
  }
  void Insert(const std::string& model, int64_t version, const std::string& request_id = "",
              const std::vector<std::string>& aliases = {}) {
    v1::ModelVersion info;
    info.set_name("models/" + VersionKey(model, version));
    const absl::Status status = table_.Insert(model, version, info, Request(request_id, aliases));
    ASSERT_TRUE(status.ok()) << status;
  }
  static v1::PublishModelRequest Request(const std::string& request_id, const std::vector<std::string>& aliases) {
    v1::PublishModelRequest request;
    request.set_request_id(request_id);
    request.mutable_aliases()->Assign(aliases.begin(), aliases.end());
    return request;
  }
  std::vector<std::string> List(const std::string& model, int limit, std::string* next) {
    auto page = table_.List(model, {limit, *next});
    EXPECT_TRUE(page.ok()) << page.status();
    *next = page->next;
    std::vector<std::string> names;
    for (const auto& info : page->items) names.push_back(info.name());
    return names;
  }

  TempFolder folder_;
  std::unique_ptr<Database> database_;
  ModelTable table_;
};

TEST_F(ModelTableTest, VersionsCountFromOneForEachModel) {
  EXPECT_EQ(table_.numbers().Reserve("a", 0).value(), 1);
  EXPECT_EQ(table_.numbers().Reserve("a", 0).value(), 2);
  EXPECT_EQ(table_.numbers().Reserve("b", 0).value(), 1);
}

TEST_F(ModelTableTest, VersionIsNeverUsedAgain) {
  Insert("a", table_.numbers().Reserve("a", 0).value());
  ASSERT_TRUE(table_.Delete("a", 1).ok());
  EXPECT_EQ(table_.numbers().Reserve("a", 0).value(), 2);
}

TEST_F(ModelTableTest, ReturnsWhatWasInserted) {
  Insert("a", 3, "request");
  EXPECT_EQ(table_.Get("a", 3)->name(), "models/a@3");
  EXPECT_EQ((*table_.FindByRequestId("request"))->info.name(), "models/a@3");
  EXPECT_FALSE(table_.FindByRequestId("")->has_value());
  EXPECT_TRUE(absl::IsAlreadyExists(table_.Insert("a", 3, v1::ModelVersion(), Request("", {"stable"}))));
}

TEST_F(ModelTableTest, KeepsTheRequestThatHasAnId) {
  v1::PublishModelRequest request = Request("request", {"stable"});
  request.set_description("good");
  ASSERT_TRUE(table_.Insert("a", 1, {}, request).ok());
  const auto record = table_.FindByRequestId("request");
  ASSERT_TRUE(record.ok() && record->has_value()) << record.status();
  ASSERT_TRUE((*record)->request.has_value());
  EXPECT_EQ((*record)->request->SerializeAsString(), request.SerializeAsString());
}

TEST_F(ModelTableTest, UnknownVersionListsWhatThereIs) {
  Insert("a", 3);
  ASSERT_TRUE(table_.SetAlias("a", "stable", 3).ok());
  const absl::Status status = table_.Get("a", 4).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("3, latest, stable"));
  EXPECT_EQ(GetErrorDetail(status).resource->name, "models/a@4");
}

TEST_F(ModelTableTest, UnknownAliasNamesTheNearest) {
  Insert("a", 10);
  ASSERT_TRUE(table_.SetAlias("a", "stable", 10).ok());
  EXPECT_EQ(table_.ResolveAlias("a", "lates").status().message(),
            "model 'a' has no version or alias 'lates'. Did you mean 'latest'? It has: 10, latest, stable.");
  EXPECT_EQ(table_.Get("a", 11).status().message(),
            "model 'a' has no version or alias '11'. It has: 10, latest, stable.");
}

TEST_F(ModelTableTest, DeletingAllOfAnUnknownModelNamesTheNearest) {
  Insert("digits", 1);
  const absl::Status status = table_.DeleteAll("digit").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(status.message(), "there is no model 'digit'. Did you mean 'digits'? There are: digits.");
  EXPECT_EQ(GetErrorDetail(status).resource->name, "models/digit");
}

TEST_F(ModelTableTest, UnknownModelNamesTheNearest) {
  Insert("digits", 1);
  EXPECT_THAT(std::string(table_.ResolveAlias("digit", "latest").status().message()),
              HasSubstr("Did you mean 'digits'?"));
}

TEST_F(ModelTableTest, ListsByModelNewestFirstInPages) {
  Insert("b", 1);
  Insert("a", 1);
  Insert("a", 10);
  Insert("a", 9);
  std::string next;
  EXPECT_THAT(List("", 3, &next), ElementsAre("models/a@10", "models/a@9", "models/a@1"));
  EXPECT_THAT(List("", 3, &next), ElementsAre("models/b@1"));
  EXPECT_THAT(next, IsEmpty());
  EXPECT_THAT(List("a", 2, &next), ElementsAre("models/a@10", "models/a@9"));
  EXPECT_THAT(List("a", 2, &next), ElementsAre("models/a@1"));
  EXPECT_THAT(List("c", 2, &next), IsEmpty());
}

TEST_F(ModelTableTest, MadeUpPageTokenIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(table_.List("", {2, "nonsense"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(table_.List("", {2, "a@x"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(table_.List("a", {2, "b@1"}).status()));
}

TEST_F(ModelTableTest, AliasMoves) {
  Insert("a", 1);
  Insert("a", 2);
  ASSERT_TRUE(table_.SetAlias("a", "stable", 1).ok());
  ASSERT_TRUE(table_.SetAlias("a", "latest", 2).ok());
  ASSERT_TRUE(table_.SetAlias("a", "stable", 2).ok());
  EXPECT_EQ(table_.ResolveAlias("a", "stable").value(), 2);
  EXPECT_THAT(*table_.ListAliases("a", 2), ElementsAre("latest", "stable"));
  EXPECT_THAT(*table_.ListAliases("a", 1), IsEmpty());
}

TEST_F(ModelTableTest, AVersionComesWithItsAliasesAndTheyNeverGoBack) {
  Insert("a", 2, "", {"stable", "latest"});
  EXPECT_THAT(*table_.ListAliases("a", 2), ElementsAre("latest", "stable"));
  Insert("a", 1, "", {"stable", "old"});  // reserved first, ready last
  EXPECT_THAT(*table_.ListAliases("a", 1), ElementsAre("old"));
  Insert("a", 3, "", {"stable"});
  EXPECT_THAT(*table_.ListAliases("a", 3), ElementsAre("latest", "stable"));
  EXPECT_TRUE(absl::IsAlreadyExists(table_.Insert("a", 2, {}, Request("", {"old"}))));
  EXPECT_EQ(table_.ResolveAlias("a", "old").value(), 1) << "what fails moves none";
}

TEST_F(ModelTableTest, LatestIsWithTheHighestThatIsLeft) {
  for (const int version : {1, 2, 3}) Insert("a", version);
  ASSERT_TRUE(table_.Delete("a", 3).ok());
  EXPECT_EQ(table_.ResolveAlias("a", "latest").value(), 2);
  ASSERT_TRUE(table_.Delete("a", 1).ok());
  EXPECT_EQ(table_.ResolveAlias("a", "latest").value(), 2);
  ASSERT_TRUE(table_.Delete("a", 2).ok());
  EXPECT_TRUE(absl::IsNotFound(table_.ResolveAlias("a", "latest").status()));
}

TEST_F(ModelTableTest, AliasNeedsItsVersion) {
  Insert("a", 1);
  EXPECT_TRUE(absl::IsNotFound(table_.SetAlias("a", "stable", 2)));
  EXPECT_TRUE(absl::IsNotFound(table_.ResolveAlias("a", "stable").status()));
}

TEST_F(ModelTableTest, DeleteTakesNoAliasAlongThatSomebodySet) {
  Insert("a", 1);
  Insert("a", 2);
  ASSERT_TRUE(table_.SetAlias("a", "old", 1).ok());
  ASSERT_TRUE(table_.SetAlias("a", "latest", 1).ok());
  const absl::Status status = table_.Delete("a", 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, "ALIAS_IN_USE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("or remove the whole model"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("'old' points to models/a@1"));
  EXPECT_THAT(*table_.ListAliases("a", 1), ElementsAre("latest", "old"));
  EXPECT_EQ(table_.Get("a", 1)->name(), "models/a@1");
  ASSERT_TRUE(table_.SetAlias("a", "old", 2).ok());
  ASSERT_TRUE(table_.Delete("a", 1).ok());
  EXPECT_EQ(table_.ResolveAlias("a", "latest").value(), 2);
  EXPECT_TRUE(absl::IsNotFound(table_.Delete("a", 1)));
}

TEST_F(ModelTableTest, AWholeModelGoesAtOnceWithItsAliases) {
  for (const int version : {1, 2, 10}) Insert("a", version, "", {"stable"});
  Insert("b", 1, "", {"stable"});
  EXPECT_THAT(*table_.DeleteAll("a"), ElementsAre(1, 2, 10));
  EXPECT_TRUE(absl::IsNotFound(table_.ResolveAlias("a", "stable").status()));
  EXPECT_TRUE(absl::IsNotFound(table_.Get("a", 2).status()));
  EXPECT_EQ(table_.numbers().ListUnfinished()->size(), 3u) << "their folders are still to be removed";
  EXPECT_EQ(table_.ResolveAlias("b", "stable").value(), 1);
  EXPECT_TRUE(absl::IsNotFound(table_.DeleteAll("a").status()));
}

}  // namespace
}  // namespace facet::server
