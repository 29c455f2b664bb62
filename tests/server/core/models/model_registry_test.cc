// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/model_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "base/error.h"
#include "tests/server/core/models/model_samples.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModelRegistryTest : public RegistryTest {
 protected:
  std::vector<std::string> List(const std::string& model = "", int page_size = 0) {
    std::vector<std::string> names;
    v1::ListModelsRequest request;
    request.set_model(model);
    request.set_page_size(page_size);
    do {
      const auto response = registry_->List(request);
      if (!response.ok()) return {absl::StatusCodeToString(response.status().code())};
      for (const auto& info : response->models()) names.push_back(info.name());
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }
};

TEST_F(ModelRegistryTest, PagesOfOtherListingsAreRefused) {
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(Publish("digits").ok());
  v1::ListModelsRequest request;
  request.set_page_size(1);
  const std::string of_all = registry_->List(request)->next_page_token();
  for (const std::string& token : {of_all, std::string("digits@2"), std::string("zzz@5")}) {
    request.set_model(token == of_all ? "digits" : "");
    request.set_page_token(token);
    EXPECT_EQ(GetErrorDetail(registry_->List(request).status()).reason, "BAD_PAGE_TOKEN") << token;
  }
}

TEST_F(ModelRegistryTest, AcquiresByModelAliasAndVersion) {
  ASSERT_TRUE(Publish("digits", {"stable"}).ok());
  ASSERT_TRUE(Publish("digits").ok());
  const auto name = [&](const char* text) { return registry_->Acquire(text, "model").value()->name; };
  EXPECT_EQ(name("models/digits"), "models/digits@2");
  EXPECT_EQ(name("digits@stable"), "models/digits@1");
  EXPECT_EQ(name("digits@1"), "models/digits@1");
  const ModelHandle handle = registry_->Acquire("digits@1", "model").value();
  EXPECT_EQ(registry_->Acquire("digits@stable", "model").value(), handle);
}

TEST_F(ModelRegistryTest, UnknownAndMalformedNamesAreRefused) {
  ASSERT_TRUE(Publish("digits").ok());
  for (const char* name : {"digitz", "digits@7", "digits@stable"}) {
    const absl::Status status = registry_->Acquire(name, "model").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << name;
    EXPECT_TRUE(GetErrorDetail(status).resource.has_value()) << name;
    EXPECT_EQ(Load(name).status().code(), absl::StatusCode::kNotFound) << name;
    EXPECT_EQ(Unload(name).status().code(), absl::StatusCode::kNotFound) << name;
    EXPECT_EQ(SetAlias(name, "a").status().code(), absl::StatusCode::kNotFound) << name;
    EXPECT_EQ(Delete(name).code(), absl::StatusCode::kNotFound) << name;
  }
  EXPECT_THAT(std::string(registry_->Acquire("digitz", "model").status().message()), HasSubstr("'digits'"));
  const absl::Status malformed = registry_->Acquire("models/", "model").status();
  EXPECT_EQ(malformed.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(malformed).field, "model");
}

TEST_F(ModelRegistryTest, TryAcquireTakesOnlyWhatIsInMemory) {
  ASSERT_TRUE(Publish("digits").ok());
  EXPECT_EQ(registry_->TryAcquire("digits", "model").value(), nullptr);
  const ModelHandle handle = registry_->Acquire("digits", "model").value();
  EXPECT_EQ(registry_->TryAcquire("digits", "model").value(), handle);
}

TEST_F(ModelRegistryTest, TryAcquireDoesNotAskTheStoreForAliases) {
  ASSERT_TRUE(Publish("digits", {"stable"}).ok());
  const ModelHandle handle = registry_->Acquire("digits@1", "model").value();
  EXPECT_EQ(registry_->TryAcquire("digits@1", "model").value(), handle);
  EXPECT_EQ(registry_->TryAcquire("digits@stable", "model").value(), nullptr);
  EXPECT_EQ(registry_->TryAcquire("nonsense", "model").value(), nullptr) << "whether it exists is not known";
  EXPECT_EQ(registry_->AcquireLoaded("digits@stable", "model").value(), handle);
  EXPECT_EQ(registry_->TryAcquire("digits@stable", "model").value(), handle);
  EXPECT_TRUE(absl::IsNotFound(registry_->AcquireLoaded("nonsense", "model").status()));
  EXPECT_EQ(GetErrorDetail(registry_->TryAcquire("models/", "model").status()).field, "model");
}

TEST_F(ModelRegistryTest, LoadAndUnloadShowInTheVersion) {
  ASSERT_TRUE(Publish("digits").ok());
  EXPECT_EQ(Unload("digits").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Load("digits")->loaded());
  EXPECT_TRUE(Load("digits@1")->loaded()) << "loading a loaded one is no error";
  EXPECT_TRUE(Get("digits")->loaded());
  EXPECT_FALSE(Unload("digits")->loaded());
  EXPECT_FALSE(Get("digits")->loaded());
}

TEST_F(ModelRegistryTest, ARequestKeepsTheVersionItBeganWith) {
  ASSERT_TRUE(Publish("digits").ok());
  const ModelHandle before = registry_->Acquire("digits", "model").value();
  ASSERT_TRUE(Publish("digits").ok());
  EXPECT_EQ(before->name, "models/digits@1");
  EXPECT_EQ(registry_->Acquire("digits", "model").value()->name, "models/digits@2");
  ASSERT_TRUE(Delete("digits@1").ok());
  EXPECT_EQ(before->renderer->total_classes(), 6) << "in memory until the last holder lets go";
}

TEST_F(ModelRegistryTest, AliasesMoveAtOnce) {
  ASSERT_TRUE(Publish("digits", {"stable"}).ok());
  ASSERT_TRUE(Publish("digits").ok());
  EXPECT_EQ(registry_->Acquire("digits@stable", "model").value()->name, "models/digits@1");
  const auto info = SetAlias("digits@2", "stable");
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_THAT(info->aliases(), ElementsAre("latest", "stable"));
  EXPECT_EQ(registry_->Acquire("digits@stable", "model").value()->name, "models/digits@2");
  const absl::Status bad = SetAlias("digits@2", "Stable").status();
  EXPECT_EQ(bad.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(bad).field, "alias");
}

TEST_F(ModelRegistryTest, ADamagedBundleIsDataLossAndOthersStay) {
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(Publish("digits").ok());
  const ModelHandle good = registry_->Acquire("digits@1", "model").value();
  DamageFile(absl::StrCat(root(), "/digits/2/weights.safetensors"));
  const absl::Status status = registry_->Acquire("digits", "model").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("digits/2/weights.safetensors"));
  EXPECT_TRUE(Get("digits@1")->loaded());
  EXPECT_FALSE(Get("digits@2")->loaded());
}

TEST_F(ModelRegistryTest, ABundleThatCannotBeReadNowIsNoDataLoss) {
  ASSERT_TRUE(Publish("digits").ok());
  disk_.FailReadsOf("weights.safetensors", FaultyFileSystem::IoError());
  for (const absl::Status& status :
       {registry_->Acquire("digits", "model").status(), registry_->AcquireClassifier("digits", "model").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
    EXPECT_EQ(GetErrorDetail(status).reason, "FILE_ERROR");
  }
  disk_.FailReadsOf("");
  EXPECT_TRUE(registry_->Acquire("digits", "model").ok());
}

TEST_F(ModelRegistryTest, AVersionDeletedWhileItIsReadIsNotFound) {
  for (const bool classifier : {false, true}) {
    ASSERT_TRUE(Publish("digits").ok());
    bool deleted = false;
    disk_.OnRead([&](const std::string& path) {
      if (deleted || !absl::StrContains(path, "weights.safetensors")) return;
      deleted = true;
      ASSERT_TRUE(Delete("digits").ok());
    });
    const absl::Status status = classifier ? registry_->AcquireClassifier("digits", "model").status()
                                           : registry_->Acquire("digits", "model").status();
    disk_.OnRead(nullptr);
    ASSERT_TRUE(deleted);
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  }
}

TEST_F(ModelRegistryTest, AClassifierWhoseFolderIsGoneIsDataLoss) {
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(FileSystem::Posix()->RemoveAll(absl::StrCat(root(), "/digits/1")).ok());
  EXPECT_EQ(GetErrorDetail(registry_->AcquireClassifier("digits", "model").status()).reason, "BUNDLE_MISSING");
}

TEST_F(ModelRegistryTest, ListsByModelNewestFirstPageByPage) {
  EXPECT_THAT(List(), IsEmpty());
  for (const char* id : {"faces", "digits", "digits", "digits"}) ASSERT_TRUE(Publish(id).ok());
  const std::vector<std::string> all = {"models/digits@3", "models/digits@2", "models/digits@1", "models/faces@1"};
  EXPECT_EQ(List(), all);
  EXPECT_EQ(List("", 1), all);
  EXPECT_EQ(List("", 3), all);
  EXPECT_THAT(List("faces"), ElementsAre("models/faces@1"));
  EXPECT_THAT(List("models/digits", 2), ElementsAre("models/digits@3", "models/digits@2", "models/digits@1"));
  EXPECT_THAT(List("digitz"), IsEmpty());
  EXPECT_THAT(List("!"), ElementsAre("INVALID_ARGUMENT"));
  EXPECT_THAT(List("", -1), ElementsAre("INVALID_ARGUMENT"));
}

TEST_F(ModelRegistryTest, DeletesAVersionWithItsFolder) {
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(Load("digits@1").ok());
  ASSERT_TRUE(Delete("digits@1").ok());
  EXPECT_EQ(Resolved("digits@1"), "NOT_FOUND");
  EXPECT_EQ(registry_->Acquire("digits@1", "model").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(FileSystem::Posix()->List(absl::StrCat(root(), "/digits")).value(), ElementsAre("2"));
  EXPECT_EQ(Delete("digits@1").code(), absl::StatusCode::kNotFound);
}

TEST_F(ModelRegistryTest, LatestMovesToTheNewestThatIsLeft) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(Delete("digits@3").ok());
  EXPECT_EQ(Resolved("digits"), "models/digits@2");
  ASSERT_TRUE(Delete("digits@1").ok());
  EXPECT_EQ(Resolved("digits"), "models/digits@2");
  EXPECT_EQ(Publish("digits")->name(), "models/digits@4") << "numbers are never used again";
}

TEST_F(ModelRegistryTest, AVersionWithAnotherAliasIsNotDeleted) {
  ASSERT_TRUE(Publish("digits", {"stable"}).ok());
  ASSERT_TRUE(Publish("digits").ok());
  for (const char* name : {"digits@1", "digits@stable"}) {
    const absl::Status status = Delete(name);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("'stable'"));
  }
  EXPECT_EQ(Resolved("digits@1"), "models/digits@1");
  ASSERT_TRUE(SetAlias("digits@2", "stable").ok());
  EXPECT_TRUE(Delete("digits@1").ok());
}

TEST_F(ModelRegistryTest, DeletesAWholeModelWithItsAliases) {
  ASSERT_TRUE(Publish("digits", {"stable"}).ok());
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(Publish("faces").ok());
  ASSERT_TRUE(Delete("models/digits").ok());
  EXPECT_THAT(List(), ElementsAre("models/faces@1"));
  EXPECT_EQ(Resolved("digits"), "NOT_FOUND");
}

TEST_F(ModelRegistryTest, EverythingIsThereAfterARestart) {
  ASSERT_TRUE(Publish("digits", {"stable"}).ok());
  store_.Reopen();
  Restart();
  EXPECT_EQ(registry_->Acquire("digits@stable", "model").value()->name, "models/digits@1");
}

TEST_F(ModelRegistryTest, ClearsAwayWhatADeadServerLeft) {
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(FileSystem::Posix()->CreateDirs(absl::StrCat(root(), "/digits/2.tmp-0123")).ok());
  Restart();
  EXPECT_THAT(FileSystem::Posix()->List(absl::StrCat(root(), "/digits")).value(), ElementsAre("1"));
}

TEST_F(ModelRegistryTest, ADatabaseThatIsLostOrOlderCostsNoModel) {
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(Publish("faces").ok());
  registry_.reset();
  store_.Lose();
  Restart();
  EXPECT_THAT(unknown_, ElementsAre(absl::StrCat(root(), "/digits/1"), absl::StrCat(root(), "/faces/1")));
  EXPECT_EQ(Publish("digits")->name(), "models/digits@2");
  unknown_.clear();
  Restart();
  EXPECT_THAT(unknown_, ElementsAre(absl::StrCat(root(), "/digits/1"), absl::StrCat(root(), "/faces/1")));
  EXPECT_THAT(FileSystem::Posix()->List(absl::StrCat(root(), "/digits")).value(), ElementsAre("1", "2"));
}

TEST_F(ModelRegistryTest, APublicationOrADeletionThatDiedIsCleared) {
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(Publish("digits").ok());
  ASSERT_TRUE(store_->DeleteModelVersion("digits", 1).ok());
  const int64_t version = store_->ReserveModelVersion("digits").value();
  ASSERT_TRUE(FileSystem::Posix()->CreateDirs(absl::StrCat(root(), "/digits/", version)).ok());
  EXPECT_TRUE(model::ReadBundle(*FileSystem::Posix(), absl::StrCat(root(), "/digits/1")).ok()) << "whole, and deleted";
  Restart();
  EXPECT_THAT(FileSystem::Posix()->List(absl::StrCat(root(), "/digits")).value(), ElementsAre("2"));
  EXPECT_THAT(unknown_, IsEmpty());
}

// The copy of the store was made while the version was being published.
TEST_F(ModelRegistryTest, AVersionFinishedAfterTheCopyThatWasRestoredIsLeftAlone) {
  ASSERT_TRUE(Publish("digits").ok());
  const std::string folder = absl::StrCat(root(), "/digits/", store_->ReserveModelVersion("digits").value());
  ASSERT_TRUE(model::WriteBundle(FileSystem::Posix(), folder, MakeCard(), MakeWeights()).ok());
  for (int start = 0; start < 2; ++start) {
    unknown_.clear();
    Restart();
    EXPECT_THAT(unknown_, ElementsAre(folder));
    EXPECT_TRUE(model::ReadBundle(*FileSystem::Posix(), folder).ok());
  }
  EXPECT_THAT(*store_->ListUnfinishedVersions(VersionKind::kModel), IsEmpty());
  EXPECT_EQ(Publish("digits")->name(), "models/digits@3") << "its number is not given out";
}

TEST_F(ModelRegistryTest, AnUnfinishedVersionThatCannotBeReadIsLookedAtAgain) {
  const std::string folder = absl::StrCat(root(), "/digits/", store_->ReserveModelVersion("digits").value());
  ASSERT_TRUE(model::WriteBundle(FileSystem::Posix(), folder, MakeCard(), MakeWeights()).ok());
  ASSERT_TRUE(FileSystem::Posix()->RemoveAll(folder + "/weights.safetensors").ok());
  disk_.FailReadsOf("SHA256SUMS", FaultyFileSystem::IoError());
  Restart();
  EXPECT_THAT(unknown_, ElementsAre(folder));
  disk_.FailReadsOf("");
  Restart();
  EXPECT_FALSE(FileSystem::Posix()->Exists(folder)) << "it is not whole";
}

TEST_F(ModelRegistryTest, AnIdleModelMakesRoom) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Publish(id).ok());
  Restart(/*max_loaded=*/2);
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Load(id).ok());
  EXPECT_FALSE(Get("a")->loaded());
  EXPECT_TRUE(Get("b")->loaded());
  EXPECT_TRUE(Get("c")->loaded());
}

absl::Status DeviceFault() { return WithReason(absl::InternalError("the device is gone"), "DEVICE_FAULT"); }

class FaultyDeviceTest : public RegistryTest {
 protected:
  absl::StatusOr<std::unique_ptr<model::Renderer>> CreateRenderer(const model::GeneratorShape&,
                                                                  absl::string_view) override {
    return DeviceFault();
  }
};

TEST_F(FaultyDeviceTest, ADeviceThatFailsWhileAModelIsLoadedIsReportedOnce) {
  ASSERT_TRUE(Publish("digits").ok());
  EXPECT_EQ(faults_, 0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(GetErrorDetail(Load("digits").status()).reason, "DEVICE_FAULT");
    EXPECT_EQ(faults_, 1);
  }
}

TEST_F(FaultyDeviceTest, OneThatFailsWhileItClassifiesIsReported) {
  class FaultyJudge final : public model::Judge {
    bool Knows(int) const override { return true; }
    absl::Status Classify(const float*, int, float*) override { return DeviceFault(); }
    int embedding_size(int) const override { return 0; }
    absl::Status Embed(const float*, int, float*) override { return DeviceFault(); }
  };
  LoadedClassifier classifier;
  classifier.judge = std::make_unique<FaultyJudge>();
  classifier.device_faults = &device_faults_;
  EXPECT_EQ(classifier.Classify(nullptr, 1, nullptr).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(faults_, 1);
  EXPECT_THAT(metrics_->Text(), HasSubstr("\nfacet_device_faults_total 1\n"));
}

TEST(ModelRegistryOptionsTest, MissingPartsAreRefused) {
  ModelRegistryOptions options;
  EXPECT_EQ(ModelRegistry::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  FakeClock clock;
  TempStore store;
  options.root = store.folder() / "models";
  options.file_system = FileSystem::Posix();
  options.clock = &clock;
  options.store = store.get();
  const auto metrics = Metrics::Create();
  options.metrics = metrics.get();
  EXPECT_TRUE(ModelRegistry::Create(options).ok());
  options.max_loaded = 0;
  EXPECT_EQ(ModelRegistry::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace facet::server
