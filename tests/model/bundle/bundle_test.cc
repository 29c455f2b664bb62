// SPDX-License-Identifier: Apache-2.0
#include "model/bundle/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "base/sealed_folder.h"
#include "base/sha256.h"
#include "model/bundle/safetensors.h"
#include "tests/base/must_run.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::string SourceDir() {
  const char* dir = std::getenv("FACET_SOURCE_DIR");
  return dir != nullptr ? dir : ".";
}

v1::ModelCard MakeCard() {
  v1::ModelCard card;
  card.set_model("digits");
  card.set_version(3);
  card.set_height(28);
  card.set_width(28);
  card.set_channels(3);
  card.set_dataset_fingerprint("abc");
  card.set_description("caf\xc3\xa9 \"quoted\"");
  card.mutable_create_time()->set_seconds(1'700'000'000);
  return card;
}

std::string MakeWeights(float first = 1.5f) {
  static float values[6];
  for (int i = 0; i < 6; ++i) values[i] = first + static_cast<float>(i);
  const absl::string_view bytes(reinterpret_cast<const char*>(values), sizeof(values));
  return SerializeSafetensors({{"generator.base.weight", {TensorType::kFloat32, {2, 3}, bytes}}}, {});
}

class BundleTest : public testing::Test {
 protected:
  BundleTest() : folder_(absl::StrCat(testing::TempDir(), "/bundle-", RandomHexId())), path_(folder_ + "/bundle") {
    std::filesystem::create_directories(folder_);
  }
  ~BundleTest() override { std::filesystem::remove_all(folder_); }

  void WriteSample() {
    const absl::Status status = WriteBundle(files_, path_, MakeCard(), MakeWeights());
    ASSERT_TRUE(status.ok()) << status;
  }
  std::string Contents(const std::string& file) { return files_->ReadFile(absl::StrCat(path_, "/", file)).value(); }
  void Overwrite(const std::string& file, absl::string_view contents) {
    std::ofstream(absl::StrCat(path_, "/", file), std::ios::binary | std::ios::trunc) << contents;
  }
  // A sealed folder with this card, whatever it says.
  void WriteSealed(const std::string& card, const std::string& weights) {
    auto writer = SealedFolderWriter::Create(files_, path_).value();
    ASSERT_TRUE(writer->Add("model.json", card).ok());
    ASSERT_TRUE(writer->Add("weights.safetensors", weights).ok());
    ASSERT_TRUE(writer->Commit().ok());
  }
  absl::Status ReadStatus() { return ReadBundle(*files_, path_).status(); }

  FileSystem* files_ = FileSystem::Posix();
  std::string folder_;
  std::string path_;
};

TEST_F(BundleTest, ReadsBackWhatItWrote) {
  WriteSample();
  const auto bundle = ReadBundle(*files_, path_);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->weights, MakeWeights());
  EXPECT_EQ(bundle->card.format_version(), kBundleFormatVersion);
  EXPECT_EQ(bundle->card.weights_sha256(), Sha256Hex(MakeWeights()));
  EXPECT_THAT(bundle->card.producer(), HasSubstr("facet 0."));
  v1::ModelCard card = bundle->card;
  card.clear_format_version();
  card.clear_weights_sha256();
  card.clear_producer();
  EXPECT_EQ(card.SerializeAsString(), MakeCard().SerializeAsString());
  EXPECT_EQ(ReadCard(*files_, path_)->SerializeAsString(), bundle->card.SerializeAsString());
}

TEST_F(BundleTest, IsThreeFilesWithTheFieldNamesOfTheProto) {
  WriteSample();
  EXPECT_THAT(*files_->List(path_), UnorderedElementsAre("SHA256SUMS", "model.json", "weights.safetensors"));
  EXPECT_THAT(Contents("model.json"), HasSubstr("\n \"weights_sha256\": \""));
  EXPECT_THAT(Contents("model.json"), HasSubstr("\n \"create_time\": \"2023-11-14T22:13:20Z\""));
}

TEST_F(BundleTest, Sha256sumAgrees) {
  WriteSample();
  EXPECT_EQ(std::system(absl::StrCat("cd '", path_, "' && sha256sum -c --quiet --strict SHA256SUMS").c_str()), 0);
}

TEST_F(BundleTest, IsNeverWrittenOver) {
  WriteSample();
  EXPECT_EQ(WriteBundle(files_, path_, MakeCard(), MakeWeights(9)).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadBundle(*files_, path_)->weights, MakeWeights());
}

TEST_F(BundleTest, RefusesToWriteWeightsThatCannotBeRead) {
  const absl::Status status = WriteBundle(files_, path_, MakeCard(), MakeWeights().substr(1));
  EXPECT_EQ(GetErrorDetail(status).reason, "BAD_SAFETENSORS");
  EXPECT_THAT(*files_->List(folder_), IsEmpty());
}

TEST_F(BundleTest, MissingFolderIsNotFound) {
  EXPECT_EQ(ReadStatus().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(ReadStatus().message()), HasSubstr(path_));
}

TEST_F(BundleTest, EveryFlippedBitIsFoundAndNamed) {
  WriteSample();
  for (const std::string file : {"model.json", "weights.safetensors", "SHA256SUMS"}) {
    const std::string contents = Contents(file);
    for (size_t at = 0; at < contents.size(); ++at) {
      std::string flipped = contents;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
      Overwrite(file, flipped);
      const absl::Status status = ReadStatus();
      ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss) << file << " at " << at;
      ASSERT_TRUE(absl::StrContains(status.message(), path_)) << status;
      if (file == "SHA256SUMS") continue;  // accuses the file that no longer fits it
      ASSERT_EQ(GetErrorDetail(status).reason, "CHECKSUM_MISMATCH");
      ASSERT_TRUE(absl::StrContains(status.message(), file)) << status;
      ASSERT_TRUE(absl::StrContains(status.message(), Sha256Hex(flipped))) << status;
      ASSERT_TRUE(absl::StrContains(status.message(), Sha256Hex(contents))) << status;
    }
    Overwrite(file, contents);
  }
  EXPECT_TRUE(ReadStatus().ok());
}

TEST_F(BundleTest, TruncatedAndMissingFilesAreFound) {
  WriteSample();
  for (const std::string file : {"model.json", "weights.safetensors", "SHA256SUMS"}) {
    const std::string contents = Contents(file);
    for (const size_t size : {size_t{0}, contents.size() / 2, contents.size() - 2}) {
      Overwrite(file, contents.substr(0, size));
      EXPECT_EQ(ReadStatus().code(), absl::StatusCode::kDataLoss) << file << " of " << size << " bytes";
    }
    std::filesystem::remove(absl::StrCat(path_, "/", file));
    EXPECT_EQ(ReadStatus().code(), absl::StatusCode::kDataLoss) << file;
    Overwrite(file, contents);
  }
}

TEST_F(BundleTest, NewerFormatNamesItsProducer) {
  WriteSealed(R"({"format_version": 2, "producer": "facet 9.1", "new_field": {"a": [1]}, "weights_sha256": "x"})",
              MakeWeights());
  const absl::Status status = ReadStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetErrorDetail(status).reason, "BUNDLE_TOO_NEW");
  EXPECT_THAT(std::string(status.message()), HasSubstr("format 2, made by 'facet 9.1'"));
}

TEST_F(BundleTest, UnknownFieldsOfTheSameFormatArePassedOver) {
  const std::string weights = MakeWeights();
  WriteSealed(absl::StrCat(R"({"format_version": 1, "later": 1, "weights_sha256": ")", Sha256Hex(weights), "\"}"),
              weights);
  EXPECT_TRUE(ReadStatus().ok()) << ReadStatus();
}

TEST_F(BundleTest, CardOfAnotherModelIsRefused) {
  WriteSealed(R"({"format_version": 1, "weights_sha256": "00ff"})", MakeWeights());
  EXPECT_EQ(GetErrorDetail(ReadStatus()).reason, "BAD_BUNDLE");
  EXPECT_THAT(std::string(ReadStatus().message()), HasSubstr("the card says 00ff"));
}

TEST_F(BundleTest, CardThatIsNoCardIsRefused) {
  WriteSealed("{\"format_version\": \"one\"}", MakeWeights());
  EXPECT_EQ(GetErrorDetail(ReadStatus()).reason, "BAD_BUNDLE");
  std::filesystem::remove_all(path_);
  WriteSealed("{\n", MakeWeights());
  EXPECT_THAT(std::string(ReadStatus().message()), HasSubstr("is no card: Unexpected end of string"));
  EXPECT_THAT(std::string(ReadStatus().message()), Not(HasSubstr("\n"))) << "it goes into a line of the log";
  std::filesystem::remove_all(path_);
  WriteSealed("{}", MakeWeights());
  EXPECT_THAT(std::string(ReadStatus().message()), HasSubstr("has no format_version"));
}

TEST_F(BundleTest, FolderWithoutWeightsIsRefused) {
  auto writer = SealedFolderWriter::Create(files_, path_).value();
  ASSERT_TRUE(writer->Add("model.json", "{\"format_version\": 1}").ok());
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_EQ(GetErrorDetail(ReadStatus()).reason, "BAD_BUNDLE");
  EXPECT_THAT(std::string(ReadStatus().message()), HasSubstr("weights.safetensors"));
}

// The disk fills up after so many bytes.
class FullFile final : public WritableFile {
 public:
  FullFile(std::unique_ptr<WritableFile> file, size_t* room) : file_(std::move(file)), room_(room) {}
  absl::Status Append(absl::string_view bytes) override {
    if (bytes.size() > *room_) return WithReason(absl::ResourceExhaustedError("no space left"), "DISK_FULL");
    *room_ -= bytes.size();
    return file_->Append(bytes);
  }
  absl::Status SyncAndClose() override { return file_->SyncAndClose(); }

 private:
  std::unique_ptr<WritableFile> file_;
  size_t* room_;
};

class FullDisk final : public FileSystem {
 public:
  explicit FullDisk(size_t room) : room_(room) {}
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    auto file = real_->Create(path);
    if (!file.ok()) return file.status();
    return std::make_unique<FullFile>(*std::move(file), &room_);
  }
  absl::StatusOr<std::string> ReadFile(const std::string& path) override { return real_->ReadFile(path); }
  absl::Status CreateDirs(const std::string& path) override { return real_->CreateDirs(path); }
  absl::Status Rename(const std::string& from, const std::string& to) override { return real_->Rename(from, to); }
  absl::Status SyncDir(const std::string& path) override { return real_->SyncDir(path); }
  absl::Status RemoveAll(const std::string& path) override { return real_->RemoveAll(path); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& path) override { return real_->List(path); }
  bool Exists(const std::string& path) override { return real_->Exists(path); }
  absl::StatusOr<uint64_t> Size(const std::string& path) override { return real_->Size(path); }
  absl::StatusOr<uint64_t> FreeBytes(const std::string&) override { return room_; }

 private:
  FileSystem* real_ = FileSystem::Posix();
  size_t room_;
};

TEST_F(BundleTest, FullDiskLeavesNothing) {
  WriteSample();
  const size_t whole = *files_->Size(path_);
  std::filesystem::remove_all(path_);
  for (const size_t room : {size_t{0}, size_t{10}, whole / 2, whole - 1}) {
    FullDisk disk(room);
    EXPECT_EQ(GetErrorDetail(WriteBundle(&disk, path_, MakeCard(), MakeWeights())).reason, "DISK_FULL") << room;
    EXPECT_THAT(*files_->List(folder_), IsEmpty()) << room;
  }
  FullDisk disk(whole);
  EXPECT_TRUE(WriteBundle(&disk, path_, MakeCard(), MakeWeights()).ok());
}

TEST_F(BundleTest, PythonExampleOfTheDocumentWorks) {
  const std::string python = SourceDir() + "/.venv/bin/python";
  if (!std::filesystem::exists(python)) SKIP_FOR_WANT_OF("no " + python);
  std::stringstream document;
  document << std::ifstream(SourceDir() + "/docs/bundle_format.md").rdbuf();
  const std::string text = document.str();
  const size_t begin = text.find("```python\n") + 10;
  ASSERT_LT(begin, text.size());
  const std::string script = text.substr(begin, text.find("```", begin) - begin);
  WriteSample();
  std::ofstream(folder_ + "/example.py") << script;
  ASSERT_EQ(std::system(absl::StrCat("cd '", folder_, "' && '", python, "' example.py > printed").c_str()), 0);
  EXPECT_EQ(*files_->ReadFile(folder_ + "/printed"), "digits 28 {'generator.base.weight': (2, 3)}\n");
}

}  // namespace
}  // namespace facet::model
