// SPDX-License-Identifier: Apache-2.0
// What is done with data sets once they are there; dataset_import_test.cc has
// how they come.
#include "server/core/datasets/dataset_registry.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/thread.h"
#include "model/data/dataset_manifest.h"
#include "tests/server/core/datasets/registry_harness.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class DatasetRegistryTest : public DatasetHarness {
 protected:
  // Makes `count` versions.
  void Make(const std::string& dataset, int count = 1) {
    v1::ImportSpec spec = Faces();
    spec.set_dataset(dataset);
    for (int i = 0; i < count; ++i) ASSERT_THAT(Import(spec), IsOk());
  }

  std::vector<std::string> List(const std::string& dataset = "", int page_size = 0) {
    std::vector<std::string> names;
    v1::ListDatasetsRequest request;
    request.set_dataset(dataset);
    request.set_page_size(page_size);
    do {
      const auto response = registry_->List(request);
      if (!response.ok()) return {absl::StatusCodeToString(response.status().code())};
      if (page_size > 0) {
        EXPECT_LE(response->datasets_size(), page_size);
      }
      for (const auto& info : response->datasets()) names.push_back(info.name());
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }

  // Flips a bit in the middle of a file.
  void Damage(const std::string& path) {
    std::string bytes = TempDir::Read(path);
    bytes[bytes.size() / 2] ^= 1;
    std::ofstream(path, std::ios::binary) << bytes;
  }
};

TEST_F(DatasetRegistryTest, ANameMeansItsNewestVersion) {
  Make("faces", 2);
  EXPECT_EQ(Get("faces")->name(), "datasets/faces@2");
  EXPECT_EQ(Get("datasets/faces")->name(), "datasets/faces@2");
  EXPECT_EQ(Get("datasets/faces@1")->name(), "datasets/faces@1");
}

TEST_F(DatasetRegistryTest, UnknownAndMalformedNamesAreRefused) {
  Make("faces");
  for (const char* name : {"facez", "faces@2"}) {
    EXPECT_EQ(Get(name).status().code(), absl::StatusCode::kNotFound) << name;
    EXPECT_TRUE(GetErrorDetail(Get(name).status()).resource.has_value()) << name;
    EXPECT_EQ(Delete(name).code(), absl::StatusCode::kNotFound) << name;
    EXPECT_EQ(Read(name).status().code(), absl::StatusCode::kNotFound) << name;
  }
  EXPECT_THAT(std::string(Get("facez").status().message()), HasSubstr("'faces'"));
  for (const char* name : {"", "datasets/", "Faces", "faces@", "faces@0", "faces@latest", "../faces"}) {
    EXPECT_THAT(Get(name), IsBadField("name", "INVALID_NAME")) << name;
    EXPECT_THAT(Delete(name), IsBadField("name", "INVALID_NAME")) << name;
    EXPECT_THAT(Read(name), IsBadField("name", "INVALID_NAME")) << name;
  }
}

TEST_F(DatasetRegistryTest, ListsTheNewestOfEachPageByPage) {
  EXPECT_THAT(List(), IsEmpty());
  Make("b", 3);
  Make("a");
  Make("c", 2);
  const std::vector<std::string> all = {"datasets/a@1", "datasets/b@3", "datasets/c@2"};
  EXPECT_EQ(List(), all);
  EXPECT_EQ(List("", 1), all);
  EXPECT_EQ(List("", 2), all);
  EXPECT_EQ(List("", 3), all);
}

TEST_F(DatasetRegistryTest, ListsTheVersionsOfOneNewestFirst) {
  Make("a");
  Make("b", 11);
  std::vector<std::string> all;
  for (int version = 11; version > 0; --version) all.push_back(absl::StrCat("datasets/b@", version));
  EXPECT_EQ(List("b"), all);
  EXPECT_EQ(List("datasets/b", 2), all);
  EXPECT_EQ(List("b", 10), all);
  EXPECT_THAT(List("nothing"), IsEmpty());
}

TEST_F(DatasetRegistryTest, BadPagesAreRefused) {
  Make("a");
  EXPECT_THAT(List("!"), ElementsAre("INVALID_ARGUMENT"));
  EXPECT_THAT(List("", -1), ElementsAre("INVALID_ARGUMENT"));
  v1::ListDatasetsRequest request;
  for (const char* dataset : {"", "a"}) {
    request.set_dataset(dataset);
    for (const char* token : {"zzz", "a@", "a@-1", "@1", "no such page"}) {
      request.set_page_token(token);
      EXPECT_THAT(registry_->List(request), IsBadField("page_token", "BAD_PAGE_TOKEN")) << dataset << " " << token;
    }
  }
}

TEST_F(DatasetRegistryTest, PagesOfOtherListingsAreRefused) {
  Make("a", 2);
  Make("b", 2);
  v1::ListDatasetsRequest request;
  request.set_page_size(1);
  const std::string of_all = registry_->List(request)->next_page_token();
  request.set_dataset("b");
  const std::string of_b = registry_->List(request)->next_page_token();
  ASSERT_THAT(of_b, Not(IsEmpty()));
  for (const auto& [dataset, token] : std::vector<std::pair<std::string, std::string>>{
           {"", of_b}, {"a", of_b}, {"b", of_all}, {"a", of_all}, {"", "b@2"}, {"", "zzz@5"}, {"b", "b@2"}}) {
    request.set_dataset(dataset);
    request.set_page_token(token);
    EXPECT_THAT(registry_->List(request), IsBadField("page_token", "BAD_PAGE_TOKEN")) << dataset << " " << token;
  }
  request.set_dataset("datasets/b");  // another way to say it
  request.set_page_token(of_b);
  EXPECT_EQ(registry_->List(request)->datasets(0).name(), "datasets/b@1");
}

TEST_F(DatasetRegistryTest, DeletesAVersionWithItsFolder) {
  Make("faces", 2);
  ASSERT_THAT(Read("faces@1"), IsOk());
  ASSERT_THAT(Delete("faces@1"), IsOk());
  EXPECT_THAT(List("faces"), ElementsAre("datasets/faces@2"));
  EXPECT_THAT(Names("faces"), ElementsAre("2"));
  EXPECT_EQ(Read("faces@1").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Read("faces@2"), IsOk());
}

TEST_F(DatasetRegistryTest, DeletesAllVersionsWhereTheNameHasNone) {
  Make("faces", 3);
  Make("other");
  ASSERT_THAT(Delete("datasets/faces"), IsOk());
  EXPECT_THAT(List(), ElementsAre("datasets/other@1"));
  EXPECT_THAT(Names("faces"), IsEmpty());
}

TEST_F(DatasetRegistryTest, VersionsAreNeverUsedAgain) {
  Make("faces", 2);
  ASSERT_THAT(Delete("faces"), IsOk());
  Restart();
  EXPECT_EQ(Import(Faces())->name(), "datasets/faces@3");
}

TEST_F(DatasetRegistryTest, WhatIsInUseIsNotDeleted) {
  Make("faces", 3);
  std::vector<std::string> asked;
  registry_->SetUsageCheck([&](const std::string& version) {
    asked.push_back(version);
    return version == "datasets/faces@1" ? absl::FailedPreconditionError("a job uses it") : absl::OkStatus();
  });
  EXPECT_THAT(Delete("faces@1"), IsError(absl::StatusCode::kFailedPrecondition, "a job uses it"));
  EXPECT_THAT(asked, ElementsAre("datasets/faces@1"));
  EXPECT_EQ(Delete("faces").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(List("faces").size(), 3u) << "all or none";
  EXPECT_THAT(Delete("faces@3"), IsOk());
  EXPECT_THAT(Read("faces@1"), IsOk());
}

TEST_F(DatasetRegistryTest, WhatIsPinnedIsNotDeleted) {
  Make("faces", 2);
  auto pin = registry_->Pin("datasets/faces@1");
  ASSERT_THAT(pin, IsOk());
  auto second = registry_->Pin("datasets/faces@1");
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Delete("faces"), HasReason(absl::StatusCode::kFailedPrecondition, "DATASET_IN_USE"));
  EXPECT_THAT(Delete("faces@2"), IsOk());
  pin->reset();
  EXPECT_THAT(Delete("faces@1"), HasReason(absl::StatusCode::kFailedPrecondition, "DATASET_IN_USE"));
  second->reset();
  EXPECT_THAT(Delete("faces@1"), IsOk());
  EXPECT_EQ(registry_->Pin("datasets/faces@1").status().code(), absl::StatusCode::kNotFound);
}

// The check and the deletion are one: who pins comes before both, or finds
// nothing.
TEST_F(DatasetRegistryTest, NothingIsPinnedWhileItIsBeingDeleted) {
  Make("faces");
  absl::Notification pinning;
  std::atomic<bool> pinned{false};
  std::unique_ptr<Thread> other;
  registry_->SetUsageCheck([&](const std::string&) {
    other = std::make_unique<Thread>("pin", [&] {
      pinning.Notify();
      pinned = registry_->Pin("datasets/faces@1").ok();
    });
    pinning.WaitForNotification();
    return absl::OkStatus();
  });
  EXPECT_THAT(Delete("faces@1"), IsOk());
  other.reset();  // joins
  EXPECT_FALSE(pinned);
}

TEST_F(DatasetRegistryTest, ReadsImagesOfMoreVersionsThanItKeepsOpen) {
  Make("faces", 6);
  for (int round = 0; round < 2; ++round) {
    for (int version = 1; version <= 6; ++version) {
      const auto images = Read(absl::StrCat("faces@", version), 1);
      ASSERT_THAT(images, IsOk());
      EXPECT_THAT(images->images(0).classes(), ElementsAre("ben"));
    }
  }
}

TEST_F(DatasetRegistryTest, ADamagedVersionIsDataLossAndOthersStay) {
  Make("faces", 2);
  Damage(absl::StrCat(root(), "/faces/2/", model::kImagesFile));
  EXPECT_THAT(Read("faces@2"), HasReason(absl::StatusCode::kDataLoss, "CHECKSUM_MISMATCH"));
  EXPECT_THAT(Read("faces@1"), IsOk());
}

TEST_F(DatasetRegistryTest, AVersionThatCannotBeReadNowIsNoDataLoss) {
  Make("faces", 1);
  disk_.FailReadsOf("manifest.json", FaultyFileSystem::IoError());
  EXPECT_THAT(Read("faces@1"), HasReason(absl::StatusCode::kInternal, "FILE_ERROR"));
  disk_.FailReadsOf("");
  EXPECT_THAT(Read("faces@1"), IsOk());
}

TEST_F(DatasetRegistryTest, AVersionDeletedWhileItIsReadIsNotFound) {
  Make("faces", 1);
  bool deleted = false;
  disk_.OnRead([&](const std::string& path) {
    if (path.find("manifest.json") == std::string::npos || std::exchange(deleted, true)) return;
    EXPECT_THAT(Delete("faces@1"), IsOk());
  });
  EXPECT_EQ(Read("faces@1").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(deleted);
}

TEST_F(DatasetRegistryTest, EverythingIsThereAfterARestart) {
  Make("faces", 2);
  const std::string before = Get("faces@1")->SerializeAsString();
  Restart();
  EXPECT_THAT(List("faces"), ElementsAre("datasets/faces@2", "datasets/faces@1"));
  EXPECT_EQ(Get("faces@1")->SerializeAsString(), before);
  EXPECT_THAT(Read("faces@1"), IsOk());
}

TEST_F(DatasetRegistryTest, ClearsAwayWhatADeadServerLeft) {
  Make("faces");
  dir_.Write("datasets/.uploads/0123/manifest.csv", "half");
  dir_.Write("datasets/faces/2.tmp-0123/images.bin", "half");
  ASSERT_EQ(store_->ReserveDatasetVersion("faces").value(), 2);
  dir_.Write("datasets/faces/2/images.bin", "written, but not yet in the table");
  dir_.Write("datasets/faces/notes.txt", "somebody's own");
  dir_.Write("datasets/lost+found/x", "the file system's own");
  Restart();
  EXPECT_THAT(Names(".uploads"), IsEmpty());
  EXPECT_THAT(Names("faces"), ElementsAre("1", "notes.txt"));
  EXPECT_THAT(Names("lost+found"), ElementsAre("x"));
  EXPECT_EQ(Import(Faces())->name(), "datasets/faces@3");
}

TEST_F(DatasetRegistryTest, VersionsOfALostDatabaseAreLeftAloneForGood) {
  Make("faces");
  dir_.Write("datasets/faces/2/images.bin", "of another database");
  dir_.Write("datasets/dogs/1/images.bin", "of another database");
  for (int start = 0; start < 2; ++start) {
    unknown_.clear();
    Restart();
    EXPECT_THAT(unknown_, ElementsAre(absl::StrCat(root(), "/dogs/1"), absl::StrCat(root(), "/faces/2")));
    // Their numbers stay theirs.
    EXPECT_EQ(Import(Faces())->name(), absl::StrCat("datasets/faces@", 3 + start));
  }
  EXPECT_THAT(Names("faces"), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(Names("dogs"), ElementsAre("1"));
}

TEST_F(DatasetRegistryTest, ADeleteThatDiedHalfWayIsFinishedAtTheNextStart) {
  Make("faces", 2);
  // The row goes first; then the power.
  ASSERT_TRUE(store_->DeleteDataset("faces", 1).ok());
  Restart();
  EXPECT_THAT(Names("faces"), ElementsAre("2"));
}

TEST(DatasetRegistryOptionsTest, MissingPartsAreRefused) {
  TempStore store;
  FakeClock clock;
  DatasetRegistryOptions options;
  options.root = store.folder() / "datasets";
  EXPECT_EQ(DatasetRegistry::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.file_system = FileSystem::Posix();
  options.clock = &clock;
  EXPECT_EQ(DatasetRegistry::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.store = store.get();
  EXPECT_TRUE(DatasetRegistry::Create(options).ok());
}

}  // namespace
}  // namespace facet::server
