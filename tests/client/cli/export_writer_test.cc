// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_writer.h"

#include <filesystem>
#include <memory>
#include <string>

#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two parts, of two samples and one.
class ExportWriterTest : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<ExportWriter> Writer(const std::string& folder) const {
    ExportWriterOptions options;
    options.folder = folder;
    options.features = {"digit"};
    return std::string(GetParam()) == "folder" ? MakeFolderWriter(options) : MakeTarWriter(options);
  }
  // The digest of the part.
  static std::string Write(ExportWriter& writer, int part, int number, int samples) {
    EXPECT_THAT(writer.Begin(part), IsOk());
    for (int i = 0; i < samples; ++i) {
      ExportSample sample;
      sample.number = number + i;
      sample.image = std::string(100, static_cast<char>('a' + number + i));
      sample.classes = {"3"};
      sample.class_index = {3};
      sample.json = "{}";
      EXPECT_THAT(writer.Add(sample), IsOk());
    }
    return writer.End().value();
  }
  // A file of the second part's images.
  std::string Image() const {
    return std::string(GetParam()) == "folder" ? "images/000000002.png" : "shard-000001.tar";
  }
  TempDir dir_;
};

TEST_P(ExportWriterTest, EqualSamplesHaveEqualDigests) {
  const std::string first = Write(*Writer(dir_ / "a"), 1, 2, 1);
  EXPECT_EQ(Write(*Writer(dir_ / "b"), 1, 2, 1), first);
  EXPECT_NE(Write(*Writer(dir_ / "c"), 1, 3, 1), first);
}

TEST_P(ExportWriterTest, WhatIsMissingOrChangedIsNamed) {
  const auto writer = Writer(dir_.path());
  const std::string first = Write(*writer, 0, 0, 2), second = Write(*writer, 1, 2, 1);
  EXPECT_THAT(writer->Check(0, first).value(), IsEmpty());
  EXPECT_THAT(writer->Check(1, "").value(), IsEmpty());
  std::string bytes = TempDir::Read(dir_ / Image());
  bytes[50] ^= 1;
  dir_.Write(Image(), bytes);
  for (const std::string& digest : {second, std::string()}) {
    EXPECT_THAT(writer->Check(1, digest).value(), ElementsAre(Image() + " is not as it was written"));
  }
  std::filesystem::remove(dir_ / Image());
  EXPECT_THAT(writer->Check(1, second).value(), ElementsAre(Image() + " is missing"));
  EXPECT_THAT(writer->Check(0, first).value(), IsEmpty());
}

TEST_P(ExportWriterTest, AListThatIsMissingOrChangedIsNamed) {
  const auto writer = Writer(dir_.path());
  const std::string digest = Write(*writer, 0, 0, 2);
  const std::string list = TempDir::Read(dir_ / ".part-000000.sums");
  // A list that lost a line is still one.
  dir_.Write(".part-000000.sums", list.substr(0, list.rfind('\n', list.size() - 2) + 1));
  EXPECT_THAT(writer->Check(0, digest).value(), ElementsAre(HasSubstr("sums")));
  dir_.Write(".part-000000.sums", "no list");
  EXPECT_THAT(writer->Check(0, "").value(), ElementsAre(".part-000000.sums is no list of checksums"));
  std::filesystem::remove(dir_ / ".part-000000.sums");
  EXPECT_THAT(writer->Check(0, "").value(), ElementsAre(".part-000000.sums is missing"));
}

TEST_P(ExportWriterTest, RowsOfAFolderAreChecked) {
  if (std::string(GetParam()) != "folder") return;
  const auto writer = Writer(dir_.path());
  const std::string digest = Write(*writer, 0, 0, 2);
  for (const char* name : {".part-000000.csv", ".part-000000.jsonl"}) {
    const std::string rows = TempDir::Read(dir_ / name);
    dir_.Write(name, rows + "x");
    EXPECT_THAT(writer->Check(0, digest).value(), ElementsAre(HasSubstr("are not as they were written")));
    std::filesystem::remove(dir_ / name);
    EXPECT_THAT(writer->Check(0, digest).value(), ElementsAre(std::string(name) + " is missing"));
    dir_.Write(name, rows);
  }
  EXPECT_THAT(writer->Check(0, digest).value(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Formats, ExportWriterTest, testing::Values("webdataset", "folder"));

}  // namespace
}  // namespace facet::cli
