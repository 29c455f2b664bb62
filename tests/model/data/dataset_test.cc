// SPDX-License-Identifier: Apache-2.0
#include "model/data/dataset.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/sealed_folder.h"
#include "base/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/data/dataset_manifest.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FileSystem& Disk() { return *FileSystem::Posix(); }

FeatureSchema Schema() {
  return FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "green"}}}).value();
}

class DatasetTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(WriteDataset(&Disk(), folder_, Schema(), AllCombinations(Schema())), IsOk()); }

  std::string ReadIn(const std::string& name) { return TempDir::Read(folder_ + "/" + name); }
  void WriteIn(const std::string& name, absl::string_view contents) { dir_.Write("data/" + name, contents); }

  // Makes the checksums right again after a change, as a forger would.
  void Reseal() {
    std::string sums;
    for (const char* name : {"images.bin", "labels.bin", "manifest.json"}) {
      absl::StrAppend(&sums, Sha256Hex(ReadIn(name)), "  ", name, "\n");
    }
    WriteIn("SHA256SUMS", sums);
  }
  // Makes the fingerprint right, too.
  void Refingerprint() {
    const DatasetInfo info = DatasetManifestFromJson(ReadIn("manifest.json")).value();
    const std::string right =
        DatasetFingerprint(info, Sha256Hex(ReadIn("labels.bin")), Sha256Hex(ReadIn("images.bin")));
    WriteIn("manifest.json", absl::StrReplaceAll(ReadIn("manifest.json"), {{info.fingerprint, right}}));
    Reseal();
  }

  TempDir dir_;
  const std::string folder_ = dir_ / "data";
};

TEST_F(DatasetTest, ShowsWhatWasWritten) {
  const auto dataset = Dataset::Open(Disk(), folder_);
  ASSERT_THAT(dataset, IsOk());
  const Labels labels = AllCombinations(Schema());
  EXPECT_EQ((*dataset)->size(), 6);
  EXPECT_EQ((*dataset)->info().schema, Schema());
  EXPECT_EQ((*dataset)->info().shape, (ImageShape{2, 3, 3}));
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ((*dataset)->labels(i), absl::MakeConstSpan(labels[i]));
    const std::vector<uint8_t> pixels = PixelsOf(i, {2, 3, 3});
    EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), (*dataset)->pixels(i)));
  }
}

TEST_F(DatasetTest, MissingFolderIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(Dataset::Open(Disk(), dir_ / "missing").status()));
  EXPECT_TRUE(absl::IsNotFound(ReadDatasetInfo(Disk(), dir_ / "missing").status()));
}

TEST_F(DatasetTest, EveryFlippedBitIsDataLoss) {
  for (const char* name : {"images.bin", "labels.bin", "manifest.json"}) {
    const std::string whole = ReadIn(name);
    for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      WriteIn(name, flipped);
      ASSERT_THAT(Dataset::Open(Disk(), folder_), HasReason(absl::StatusCode::kDataLoss, "CHECKSUM_MISMATCH"))
          << name << " bit " << bit;
    }
    WriteIn(name, whole);
  }
}

TEST_F(DatasetTest, EveryPrefixIsDataLoss) {
  for (const char* name : {"images.bin", "labels.bin", "manifest.json", "SHA256SUMS"}) {
    const std::string whole = ReadIn(name);
    for (size_t length = 0; length + 1 < whole.size(); ++length) {
      WriteIn(name, whole.substr(0, length));
      ASSERT_EQ(Dataset::Open(Disk(), folder_).status().code(), absl::StatusCode::kDataLoss)
          << name << " cut to " << length;
    }
    WriteIn(name, whole);
  }
}

TEST_F(DatasetTest, MissingFilesAreDataLoss) {
  for (const char* name : {"images.bin", "labels.bin", "manifest.json", "SHA256SUMS"}) {
    const std::string whole = ReadIn(name);
    std::filesystem::remove(folder_ + "/" + name);
    EXPECT_THAT(Dataset::Open(Disk(), folder_), IsError(absl::StatusCode::kDataLoss, HasSubstr(name)));
    WriteIn(name, whole);
  }
}

TEST_F(DatasetTest, InfoNeedsTheManifestAlone) {
  WriteIn("images.bin", "damaged");
  EXPECT_EQ(ReadDatasetInfo(Disk(), folder_)->image_count, 6);
  WriteIn("manifest.json", "{}");
  EXPECT_THAT(ReadDatasetInfo(Disk(), folder_), HasReason(absl::StatusCode::kDataLoss, "CHECKSUM_MISMATCH"));
}

TEST_F(DatasetTest, LabelBeyondItsClassesIsDataLossNamingIt) {
  std::string labels = ReadIn("labels.bin");
  labels[2 * (3 * 2 + 1)] = 2;  // colour of image 3
  WriteIn("labels.bin", labels);
  Refingerprint();
  EXPECT_THAT(Dataset::Open(Disk(), folder_),
              IsError(absl::StatusCode::kDataLoss, HasSubstr("image 3 has class 2 of feature 'colour', which has 2")));
}

TEST_F(DatasetTest, FingerprintOfOtherContentIsDataLoss) {
  std::string images = ReadIn("images.bin");
  images[0] = static_cast<char>(images[0] ^ 1);
  WriteIn("images.bin", images);
  Reseal();
  EXPECT_THAT(Dataset::Open(Disk(), folder_), HasReason(absl::StatusCode::kDataLoss, "BAD_DATASET"));
}

TEST_F(DatasetTest, SizesMustFitTheManifest) {
  for (const auto& [from, to] : {std::pair{"\"image_count\": 6", "\"image_count\": 7"},
                                 {"\"image_count\": 6", "\"image_count\": 512409557603043100"},
                                 {"\"height\": 2", "\"height\": 3"},
                                 {"\"channels\": 3", "\"channels\": 1"}}) {
    const std::string manifest = ReadIn("manifest.json");
    WriteIn("manifest.json", absl::StrReplaceAll(manifest, {{from, to}}));
    Refingerprint();
    EXPECT_EQ(Dataset::Open(Disk(), folder_).status().code(), absl::StatusCode::kDataLoss) << to;
    WriteIn("manifest.json", manifest);
    Reseal();
  }
}

TEST_F(DatasetTest, NewerFormatIsNamed) {
  WriteIn("manifest.json", absl::StrReplaceAll(ReadIn("manifest.json"), {{"version\": 1", "version\": 9"}}));
  Reseal();
  EXPECT_THAT(Dataset::Open(Disk(), folder_), IsError(absl::StatusCode::kDataLoss, HasSubstr("format version 9")));
}

TEST_F(DatasetTest, SurvivesTheRemovalOfItsFolder) {
  const auto dataset = Dataset::Open(Disk(), folder_).value();
  ASSERT_THAT(Disk().RemoveAll(folder_), IsOk());
  EXPECT_EQ(dataset->pixels(5)[0], PixelsOf(5, {2, 3, 3})[0]);
  EXPECT_THAT(dataset->labels(5), ElementsAre(2, 1));
}

TEST_F(DatasetTest, FailingReadsAreErrorsAndNoDamage) {
  FaultyFileSystem disk(FileSystem::Posix());
  ASSERT_THAT(Dataset::Open(disk, folder_), IsOk());
  const int calls = disk.calls();
  for (int n = 1; n <= calls; ++n) {
    disk.FailAt(n, FaultyFileSystem::IoError());
    EXPECT_THAT(Dataset::Open(disk, folder_), HasReason(absl::StatusCode::kInternal, "FILE_ERROR")) << n;
  }
}

}  // namespace
}  // namespace facet::model
