// SPDX-License-Identifier: Apache-2.0
// Imports that were cut off and are asked for again.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/core/datasets/unfinished_imports.h"
#include "tests/model/data/drawn_face.h"
#include "tests/server/core/datasets/registry_harness.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kPictures = 12;

// A picture is prepared when it is kept, and only then: what is created below
// datasets/.imports says what was prepared.
class ResumedImportTest : public DatasetHarness {
 protected:
  ResumedImportTest() {
    disk_.OnCreate([this](const std::string& path) {
      if (!absl::StrContains(path, "/.imports/")) return;
      const absl::MutexLock lock(&mutex_);
      prepared_.push_back(path);
      if (static_cast<int>(prepared_.size()) == cut_after_) cancelled_ = true;
    });
    // One picture is none, and one row in four has a class of its own.
    std::string manifest = "path,who\n";
    for (int i = 0; i < kPictures; ++i) {
      absl::StrAppend(&manifest, i, ".png,person", i % 4, "\n");
      dir_.Write(absl::StrCat("roots/many/", i, ".png"), i == 1 ? "text" : MakePng(8 + i, 10 * i, i));
    }
    dir_.Write("roots/many/manifest.csv", manifest);
  }

  v1::ImportSpec Many() const { return Folder(dir_ / "roots/many"); }
  static v1::ImportSpec InAnotherDataset(v1::ImportSpec spec) {
    spec.set_dataset("whole");
    return spec;
  }

  // Cancels an import after it has prepared a few pictures; how many.
  size_t CutOff(const v1::ImportSpec& spec) {
    Prepared();
    cut_after_ = 3;
    auto import = registry_->BeginImport(spec);
    EXPECT_THAT(import, IsOk());
    EXPECT_EQ((*import)->Finish(cancelled_).status().code(), absl::StatusCode::kCancelled);
    cut_after_ = 0;
    cancelled_ = false;
    const size_t prepared = Prepared();
    EXPECT_GE(prepared, 3u);
    return prepared;
  }
  // Pictures prepared since the last call.
  size_t Prepared() {
    const absl::MutexLock lock(&mutex_);
    return std::exchange(prepared_, {}).size();
  }
  // Imports and expects the same data set as without a cut, without preparing
  // again what was.
  void ExpectGoesOn(const v1::ImportSpec& spec, size_t pictures, size_t prepared_before) {
    const auto resumed = Import(spec);
    EXPECT_EQ(Prepared(), pictures - prepared_before);
    ASSERT_THAT(resumed, IsOk());
    ExpectEqualsWhole(*resumed, spec);
  }
  void ExpectEqualsWhole(const v1::Dataset& resumed, const v1::ImportSpec& spec) {
    const auto whole = Import(InAnotherDataset(spec));
    ASSERT_THAT(whole, IsOk());
    EXPECT_EQ(resumed.fingerprint(), whole->fingerprint());
    EXPECT_EQ(resumed.image_count(), whole->image_count());
    ASSERT_EQ(resumed.dropped_size(), whole->dropped_size());
    for (int i = 0; i < whole->dropped_size(); ++i) {
      EXPECT_EQ(resumed.dropped(i).path(), whole->dropped(i).path());
      EXPECT_EQ(resumed.dropped(i).reason(), whole->dropped(i).reason());
    }
  }

  absl::Mutex mutex_;
  std::vector<std::string> prepared_;
  int cut_after_ = 0;
  std::atomic<bool> cancelled_ = false;
};

TEST_F(ResumedImportTest, WhatWasPreparedIsNotPreparedAgain) {
  const size_t prepared = CutOff(Many());
  EXPECT_THAT(Get("faces"), HasReason(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  ExpectGoesOn(Many(), kPictures, prepared);
}

TEST_F(ResumedImportTest, ItGoesOnAfterTheServerDied) {
  const size_t prepared = CutOff(Many());
  dir_.Write("datasets/faces/2.tmp-0123/images.bin", "half");
  Restart();
  ExpectGoesOn(Many(), kPictures, prepared);
  EXPECT_THAT(Names("faces"), ElementsAre("1"));
}

TEST_F(ResumedImportTest, ItCanBeCutOffAgain) {
  size_t prepared = CutOff(Many());
  const auto import = registry_->BeginImport(Many());
  ASSERT_THAT(import, IsOk());
  EXPECT_EQ((*import)->Finish(std::atomic<bool>(true)).status().code(), absl::StatusCode::kCancelled);
  prepared += Prepared();
  ExpectGoesOn(Many(), kPictures, prepared);
}

TEST_F(ResumedImportTest, FacesOfACsvAreRemembered) {
  for (int i = 0; i < kPictures; ++i) {
    const cv::Mat picture = i == 1 ? model::DrawnWall() : model::DrawnPortrait(60 + i, i % 3);
    dir_.Write(absl::StrCat("roots/many/", i, ".png"), model::PngOf(picture));
  }
  v1::ImportSpec spec = Many();
  spec.mutable_csv()->mutable_face_crop();
  ExpectGoesOn(spec, kPictures, CutOff(spec));
  EXPECT_EQ(Get("faces")->dropped(0).reason(), "no face");
}

TEST_F(ResumedImportTest, FacesOfKdefAreRememberedWhateverTheirTransforms) {
  const std::vector<std::string> expressions = {"AF", "AN", "DI", "HA", "NE", "SA"};
  int i = 0;
  for (const std::string& expression : expressions) {
    for (const char* person : {"F01", "M02"}) {
      const cv::Mat picture = i == 1 ? model::DrawnWall() : model::DrawnPortrait(60 + i, i % 3);
      dir_.Write(absl::StrCat("roots/kdef/A", person, expression, "S.PNG"), model::PngOf(picture));
      ++i;
    }
  }
  v1::ImportSpec spec = Folder(dir_ / "roots/kdef");
  spec.set_format(v1::DATASET_FORMAT_KDEF);
  spec.mutable_kdef()->set_image_size(16);
  const size_t prepared = CutOff(spec);
  spec.mutable_kdef()->add_transforms("m0");
  ExpectGoesOn(spec, kPictures, prepared);
  EXPECT_EQ(Get("faces")->image_count(), kPictures - 1);
}

TEST_F(ResumedImportTest, AnUploadIsSentAgainButNotPreparedAgain) {
  v1::ImportSpec spec = Many();
  spec.mutable_upload();
  const auto send = [&](DatasetRegistry::Import& import) {
    for (const char* file : {"manifest.csv", "0.png", "1.png", "2.png", "3.png", "4.png", "5.png", "6.png", "7.png",
                             "8.png", "9.png", "10.png", "11.png"}) {
      EXPECT_THAT(import.Add(Chunk(file, TempDir::Read(dir_ / absl::StrCat("roots/many/", file)))), IsOk());
    }
  };
  const size_t prepared = CutOff(Many());
  auto import = registry_->BeginImport(spec);
  ASSERT_THAT(import, IsOk());
  send(**import);
  const auto resumed = (*import)->Finish(std::atomic<bool>(false));
  EXPECT_EQ(Prepared(), kPictures - prepared);
  ASSERT_THAT(resumed, IsOk());
  ExpectEqualsWhole(*resumed, Many());
}

TEST_F(ResumedImportTest, AChangedPictureIsPreparedAgain) {
  const size_t prepared = CutOff(Many());
  dir_.Write("roots/many/0.png", MakePng(8, 1, 2, 3));
  dir_.Write("roots/many/11.png", MakePng(8, 3, 2, 1));
  const auto resumed = Import(Many());
  ASSERT_THAT(resumed, IsOk());
  EXPECT_GT(Prepared(), kPictures - prepared);
  ExpectEqualsWhole(*resumed, Many());
}

TEST_F(ResumedImportTest, AnotherSizeIsAnotherImport) {
  CutOff(Many());
  v1::ImportSpec larger = Many();
  larger.mutable_csv()->set_image_size(16);
  ExpectGoesOn(larger, kPictures, 0);
}

TEST_F(ResumedImportTest, WhereverTheDiskIsFullItGoesOn) {
  const std::string whole = Import(InAnotherDataset(Many()))->fingerprint();
  for (int call = 1;; ++call) {
    disk_.FailAt(call, FaultyFileSystem::DiskFull());
    const auto cut = Import(Many());
    disk_.FailAt(0, {});
    if (cut.ok()) break;
    const auto resumed = Import(Many());
    ASSERT_THAT(resumed, IsOk()) << "call " << call;
    EXPECT_EQ(resumed->fingerprint(), whole) << "call " << call;
    EXPECT_THAT(Names(".imports"), IsEmpty());
  }
}

TEST_F(ResumedImportTest, NothingIsLeftOfOneThatSucceeds) {
  CutOff(Many());
  EXPECT_THAT(Names(".imports"), ElementsAre(HasSubstr("faces.")));
  ASSERT_THAT(Import(Many()), IsOk());
  EXPECT_THAT(Names(".imports"), IsEmpty());
}

TEST_F(ResumedImportTest, NothingIsLeftOfADeletedDataset) {
  ASSERT_THAT(Import(Many()), IsOk());
  CutOff(Many());
  EXPECT_THAT(Names(".imports"), Not(IsEmpty()));
  ASSERT_THAT(Delete("faces"), IsOk());
  EXPECT_THAT(Names(".imports"), IsEmpty());
}

TEST_F(ResumedImportTest, NothingIsLeftAfterAWeek) {
  CutOff(Many());
  clock_.Advance(UnfinishedImports::kMaxAge + absl::Seconds(1));
  Restart();
  EXPECT_THAT(Names(".imports"), IsEmpty());
  ExpectGoesOn(Many(), kPictures, 0);
}

}  // namespace
}  // namespace facet::server
