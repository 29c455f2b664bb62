// SPDX-License-Identifier: Apache-2.0
// Imports: DatasetRegistry::BeginImport and Import.
#include <google/protobuf/text_format.h>

#include <functional>
#include <string>
#include <vector>

#include "base/thread.h"
#include "model/data/dataset.h"
#include "tests/server/core/datasets/registry_harness.h"

namespace facet::server {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class DatasetImportTest : public DatasetHarness {
 protected:
  // Nothing of an import is left, in the store or on the disk.
  void ExpectNothingKept(const std::string& dataset) {
    EXPECT_THAT(Get(dataset), HasReason(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
    EXPECT_THAT(Names(dataset), IsEmpty());
    EXPECT_THAT(Names(".uploads"), IsEmpty());
  }
  // Has the disk full at the first call of one `import`, at the second of the
  // next, until one succeeds; the number of its calls.
  int FillTheDiskAtEachCall(const std::function<absl::StatusOr<v1::Dataset>()>& import) {
    for (int calls = 1;; ++calls) {
      disk_.FailAt(calls, FaultyFileSystem::DiskFull());
      const auto dataset = import();
      if (dataset.ok()) return calls;
      // A source that cannot be read is taken for one that is not there.
      EXPECT_THAT(dataset, AnyOf(HasReason(absl::StatusCode::kResourceExhausted, "DISK_FULL"),
                                 HasReason(absl::StatusCode::kInvalidArgument, "BAD_SOURCE")))
          << "call " << calls;
      disk_.FailAt(0, {});
      ExpectNothingKept("faces");
    }
  }
};

TEST_F(DatasetImportTest, BundledDigitsBecomeAVersion) {
  v1::ImportSpec spec = Digits();
  spec.set_description("from a test");
  const auto dataset = Import(spec);
  ASSERT_THAT(dataset, IsOk());
  EXPECT_EQ(dataset->name(), "datasets/digits@1");
  EXPECT_EQ(dataset->image_count(), 10 * 3 * 4);
  EXPECT_EQ(dataset->height(), 28);
  EXPECT_EQ(dataset->width(), 28);
  EXPECT_EQ(dataset->channels(), 3);
  EXPECT_EQ(dataset->format(), v1::DATASET_FORMAT_IDX_DIGITS);
  EXPECT_EQ(dataset->description(), "from a test");
  EXPECT_EQ(dataset->create_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(dataset->dropped_count(), 0);
  ASSERT_EQ(dataset->schema().features_size(), 4);
  EXPECT_EQ(dataset->schema().features(0).name(), "digit");
  EXPECT_EQ(dataset->schema().features(0).classes_size(), 10);
}

TEST_F(DatasetImportTest, WhatItSaysIsWhatIsOnTheDisk) {
  const auto dataset = Import(Digits());
  ASSERT_THAT(dataset, IsOk());
  const std::string folder = registry_->FolderOf(*dataset).value();
  EXPECT_EQ(folder, absl::StrCat(root(), "/digits/1"));
  const auto opened = model::Dataset::Open(disk_, folder);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ((*opened)->info().fingerprint, dataset->fingerprint());
  EXPECT_EQ((*opened)->size(), dataset->image_count());
  EXPECT_EQ(dataset->size_bytes(), static_cast<int64_t>(disk_.Size(folder).value()));
  EXPECT_EQ(Get("digits")->SerializeAsString(), dataset->SerializeAsString());
}

TEST_F(DatasetImportTest, EachImportUnderANameIsItsNextVersion) {
  const std::string first = Import(Digits())->fingerprint();
  EXPECT_EQ(Import(Digits())->name(), "datasets/digits@2");
  EXPECT_EQ(Import(Digits("other"))->name(), "datasets/other@1");
  EXPECT_EQ(Get("digits@2")->fingerprint(), first) << "equal content, equal fingerprint";
  v1::ImportSpec red = Digits();
  red.mutable_digits()->add_colours("red");
  EXPECT_NE(Import(red)->fingerprint(), first);
}

TEST_F(DatasetImportTest, AFailedImportTakesNoVersion) {
  EXPECT_EQ(Import(Digits(), /*cancelled=*/true).status().code(), absl::StatusCode::kCancelled);
  v1::ImportSpec wrong = Digits();
  wrong.mutable_digits()->set_examples_per_digit(10'000);
  EXPECT_THAT(Import(wrong), IsBadField("spec.digits.examples_per_digit", "TOO_FEW_EXAMPLES"));
  EXPECT_EQ(Import(Digits())->name(), "datasets/digits@1");
  EXPECT_EQ(Import(Digits(), /*cancelled=*/true).status().code(), absl::StatusCode::kCancelled);
  ASSERT_THAT(Delete("digits@1"), IsOk());
  EXPECT_EQ(Import(Digits())->name(), "datasets/digits@2") << "1 was there";
}

TEST_F(DatasetImportTest, ImportsAtOnceGetVersionsOfTheirOwn) {
  std::vector<std::string> names(4);
  {
    std::vector<Thread> threads;
    for (std::string& name : names) {
      threads.emplace_back("import", [&] { name = Import(Faces())->name(); });
    }
  }
  EXPECT_THAT(names,
              UnorderedElementsAre("datasets/faces@1", "datasets/faces@2", "datasets/faces@3", "datasets/faces@4"));
  EXPECT_THAT(Names("faces"), ElementsAre("1", "2", "3", "4"));
}

TEST_F(DatasetImportTest, AFolderBelowARootIsRead) {
  const auto dataset = Import(Faces());
  ASSERT_THAT(dataset, IsOk());
  EXPECT_EQ(dataset->name(), "datasets/faces@1");
  EXPECT_EQ(dataset->image_count(), 2);
  EXPECT_THAT(dataset->schema().features(0).classes(), ElementsAre("anna", "ben"));
}

TEST_F(DatasetImportTest, WhatIsNoImageIsLeftOutAndReported) {
  dir_.Write("roots/faces/text.jpg", "I am a text file.\n");
  dir_.Write("roots/faces/manifest.csv", "path,who\ntext.jpg,anna\na.png,anna\nb.png,ben\n");
  const auto dataset = Import(Faces());
  ASSERT_THAT(dataset, IsOk());
  EXPECT_EQ(dataset->image_count(), 2);
  EXPECT_EQ(dataset->dropped_count(), 1);
  ASSERT_EQ(dataset->dropped_size(), 1);
  EXPECT_EQ(dataset->dropped(0).path(), "text.jpg");
  EXPECT_THAT(dataset->dropped(0).reason(), Not(IsEmpty()));
}

TEST_F(DatasetImportTest, UploadedFilesAreRead) {
  auto import = registry_->BeginImport(Upload());
  ASSERT_THAT(import, IsOk());
  const std::string png = MakePng(8, 1, 2, 3);
  EXPECT_THAT((*import)->Add(Chunk("manifest.csv", "path,who\n")), IsOk());
  EXPECT_THAT((*import)->Add(Chunk("manifest.csv", "sub/x.png,xenia\n")), IsOk());
  EXPECT_THAT((*import)->Add(Chunk("sub/x.png", png.substr(0, 20))), IsOk());
  EXPECT_THAT((*import)->Add(Chunk("sub/x.png", png.substr(20))), IsOk());
  const auto dataset = (*import)->Finish(std::atomic<bool>(false));
  ASSERT_THAT(dataset, IsOk());
  import->reset();
  EXPECT_THAT(Names(".uploads"), IsEmpty());
  const auto images = Read("faces");
  ASSERT_THAT(images, IsOk());
  EXPECT_EQ(images->images(0).image().data().substr(0, 3), std::string({1, 2, 3}));
  EXPECT_THAT(images->images(0).classes(), ElementsAre("xenia"));
}

TEST_F(DatasetImportTest, AnAbandonedUploadLeavesNothing) {
  auto import = registry_->BeginImport(Upload());
  ASSERT_THAT(import, IsOk());
  EXPECT_THAT((*import)->Add(Chunk("manifest.csv", "path,who\n")), IsOk());
  EXPECT_EQ(Names(".uploads").size(), 1u);
  import->reset();
  ExpectNothingKept("faces");
}

TEST_F(DatasetImportTest, AnUploadOverTheLimitIsRefused) {
  auto import = registry_->BeginImport(Upload());
  ASSERT_THAT(import, IsOk());
  EXPECT_THAT((*import)->Add(Chunk("a", std::string(kMaxUpload, 'x'))), IsOk());
  const absl::Status over = (*import)->Add(Chunk("b", "x"));
  EXPECT_THAT(over, HasReason(absl::StatusCode::kResourceExhausted, "UPLOAD_TOO_LARGE"));
  import->reset();
  ExpectNothingKept("faces");
}

TEST_F(DatasetImportTest, AnUploadOfNothingIsRefused) {
  EXPECT_THAT(Import(Upload()), IsBadField("chunk", "BAD_UPLOAD"));
  ExpectNothingKept("faces");
}

TEST_F(DatasetImportTest, ChunksGoWithUploadsOnly) {
  auto import = registry_->BeginImport(Faces());
  ASSERT_THAT(import, IsOk());
  EXPECT_THAT((*import)->Add(Chunk("a", "x")), IsBadField("chunk", "BAD_UPLOAD"));
}

TEST_F(DatasetImportTest, PathsThatLeaveTheRootsAreDenied) {
  const std::string outside = dir_ / "outside";
  dir_.Write("outside/manifest.csv", "path,who\na.png,anna\n");
  dir_.Write("outside/a.png", MakePng(8, 1));
  std::filesystem::create_directory_symlink(outside, dir_ / "roots/link");
  for (const std::string& path : {outside, dir_ / "roots/../outside", dir_ / "roots/link", std::string("faces"),
                                  std::string("/"), dir_ / "roots/link/nowhere"}) {
    EXPECT_THAT(Import(Folder(path)), HasReason(absl::StatusCode::kPermissionDenied, "OUTSIDE_IMPORT_ROOTS")) << path;
  }
  ExpectNothingKept("faces");
}

TEST_F(DatasetImportTest, AManifestCannotReachOutOfItsFolder) {
  dir_.Write("roots/secret.png", MakePng(8, 1));
  std::filesystem::create_symlink(dir_ / "roots/secret.png", dir_ / "roots/faces/link.png");
  for (const char* path : {"../secret.png", "/etc/passwd", "link.png"}) {
    dir_.Write("roots/faces/manifest.csv", absl::StrCat("path,who\na.png,anna\n", path, ",ben\n"));
    EXPECT_THAT(Import(Faces()), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("line 3"))) << path;
  }
  ExpectNothingKept("faces");
}

TEST_F(DatasetImportTest, ABrokenSourceIsRefusedByFileAndLine) {
  const auto refused = [&](const std::string& manifest, const std::string& says) {
    dir_.Write("roots/faces/manifest.csv", manifest);
    EXPECT_THAT(Import(Faces()), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says))) << manifest;
  };
  refused("", "manifest.csv");
  refused("path,who\na.png\n", "manifest.csv line 2");
  refused("path,who\na.png,anna\nmissing.png,ben\n", "manifest.csv line 3");
  std::filesystem::remove(dir_ / "roots/faces/manifest.csv");
  EXPECT_THAT(Import(Faces()), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("manifest.csv")));
  ExpectNothingKept("faces");
}

TEST_F(DatasetImportTest, ACancelledImportLeavesNothing) {
  EXPECT_EQ(Import(Digits(), /*cancelled=*/true).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Import(Faces(), /*cancelled=*/true).status().code(), absl::StatusCode::kCancelled);
  ExpectNothingKept("digits");
  ExpectNothingKept("faces");
}

TEST_F(DatasetImportTest, WhereverTheDiskIsFullNothingIsKept) {
  EXPECT_GT(FillTheDiskAtEachCall([&] { return Import(Faces()); }), 10);
}

TEST_F(DatasetImportTest, WhereverTheDiskFailsAnUploadIsGone) {
  const auto upload = [&]() -> absl::StatusOr<v1::Dataset> {
    ASSIGN_OR_RETURN(auto import, registry_->BeginImport(Upload()));
    RETURN_IF_ERROR(import->Add(Chunk("manifest.csv", "path,who\nsub/x.png,xenia\n")));
    RETURN_IF_ERROR(import->Add(Chunk("sub/x.png", MakePng(8, 1))));
    return import->Finish(std::atomic<bool>(false));
  };
  EXPECT_GT(FillTheDiskAtEachCall(upload), 15);
}

struct BadSpec {
  const char* name;
  const char* text;
  const char* field;
  const char* reason;
};

class BadImportSpecTest : public DatasetHarness, public testing::WithParamInterface<BadSpec> {};

TEST_P(BadImportSpecTest, IsRefusedAtItsField) {
  v1::ImportSpec spec;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(GetParam().text, &spec));
  EXPECT_THAT(registry_->BeginImport(spec), IsBadField(GetParam().field, GetParam().reason));
  EXPECT_THAT(Names(), Not(testing::Contains("x")));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadImportSpecTest,
    testing::Values(
        BadSpec{"NoId", "format: DATASET_FORMAT_CSV upload {}", "spec.dataset", "INVALID_ID"},
        BadSpec{"IdWithAPath", "dataset: '../x' format: DATASET_FORMAT_CSV upload {}", "spec.dataset", "INVALID_ID"},
        BadSpec{"IdOfTheUploads", "dataset: '.uploads' format: DATASET_FORMAT_CSV upload {}", "spec.dataset",
                "INVALID_ID"},
        BadSpec{"NoSource", "dataset: 'x' format: DATASET_FORMAT_CSV", "spec.source", "MISSING_SOURCE"},
        BadSpec{"NoFormat", "dataset: 'x' upload {}", "spec.format", "UNKNOWN_FORMAT"},
        BadSpec{"BadOption", "dataset: 'x' format: DATASET_FORMAT_CSV upload {} csv { image_size: 7 }",
                "spec.csv.image_size", "OUT_OF_RANGE"},
        BadSpec{"UnknownBundledData", "dataset: 'x' format: DATASET_FORMAT_IDX_DIGITS bundled { name: 'digit' }",
                "spec.bundled.name", "UNKNOWN_BUNDLED_DATA"},
        BadSpec{"BundledInAnotherFormat", "dataset: 'x' format: DATASET_FORMAT_CSV bundled { name: 'digits' }",
                "spec.format", "UNKNOWN_FORMAT"}),
    [](const auto& test) { return test.param.name; });

TEST_F(DatasetImportTest, ADescriptionIsBounded) {
  v1::ImportSpec spec = Faces();
  spec.set_description(std::string(16 << 10, 'x'));
  EXPECT_THAT(Import(spec), IsOk());
  spec.mutable_description()->push_back('x');
  EXPECT_THAT(Import(spec), IsBadField("spec.description", "TEXT_TOO_LONG"));
}

}  // namespace
}  // namespace facet::server
