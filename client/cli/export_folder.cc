// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "client/cli/export_checksums.h"
#include "client/cli/export_writer.h"

namespace facet::cli {
namespace {

// As RFC 4180 has it.
std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string CsvRow(const std::string& path, const std::vector<std::string>& fields) {
  std::string row = path;
  for (const std::string& field : fields) absl::StrAppend(&row, ",", CsvField(field));
  return row + "\n";
}

// Rows of a part wait in a file of their own: a manifest that is there is whole.
class FolderWriter final : public ExportWriter {
 public:
  explicit FolderWriter(ExportWriterOptions options)
      : options_(std::move(options)), sums_(options_.file_system, options_.folder) {}

  absl::Status Begin(int part) override {
    part_ = part;
    sums_.Begin();
    rows_.clear();
    lines_.clear();
    return options_.file_system->CreateDirs(options_.folder + "/images");
  }

  absl::Status Add(const ExportSample& sample) override {
    const std::string name = absl::StrCat("images/", SampleKey(sample.number), ".", Extension(options_.image));
    ASSIGN_OR_RETURN(const auto file, options_.file_system->Create(absl::StrCat(options_.folder, "/", name)));
    RETURN_IF_ERROR(file->Append(sample.image));
    RETURN_IF_ERROR(file->SyncAndClose());
    sums_.Add(name, Sha256Hex(sample.image));
    rows_ += CsvRow(name, sample.classes);
    absl::StrAppend(&lines_, "{\"path\":\"", name, "\",", sample.json.substr(1), "\n");
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> End() override {
    RETURN_IF_ERROR(options_.file_system->SyncDir(options_.folder + "/images"));
    RETURN_IF_ERROR(options_.file_system->WriteFileAtomically(PartFile(part_, "csv"), rows_));
    RETURN_IF_ERROR(options_.file_system->WriteFileAtomically(PartFile(part_, "jsonl"), lines_));
    ASSIGN_OR_RETURN(const std::string list, sums_.End(part_));
    return Sha256Hex(absl::StrCat(list, rows_, lines_));
  }

  absl::StatusOr<std::vector<std::string>> Check(int part, const std::string& digest) override {
    std::vector<std::string> wrong;
    std::vector<std::string> texts;
    for (const char* ending : {"sums", "csv", "jsonl"}) {
      const auto text = options_.file_system->ReadFile(PartFile(part, ending));
      if (absl::IsNotFound(text.status())) {
        wrong.push_back(absl::StrFormat(".part-%06d.%s is missing", part, ending));
        continue;
      }
      RETURN_IF_ERROR(text.status());
      texts.push_back(*text);
    }
    if (!wrong.empty()) return wrong;
    if (!digest.empty() && Sha256Hex(absl::StrJoin(texts, "")) != digest) {
      return std::vector<std::string>{
          absl::StrFormat(".part-%06d.{sums,csv,jsonl} are not as they were written", part)};
    }
    return sums_.Check(part, texts[0]);
  }

  absl::Status Complete(int parts) override {
    std::string manifest = CsvRow("path", options_.features);
    std::string labels;
    for (int part = 0; part < parts; ++part) {
      ASSIGN_OR_RETURN(const std::string rows, options_.file_system->ReadFile(PartFile(part, "csv")));
      ASSIGN_OR_RETURN(const std::string lines, options_.file_system->ReadFile(PartFile(part, "jsonl")));
      manifest += rows;
      labels += lines;
    }
    RETURN_IF_ERROR(sums_.Join(parts, {{"labels.jsonl", labels}, {"manifest.csv", manifest}}));
    RETURN_IF_ERROR(options_.file_system->WriteFileAtomically(options_.folder + "/labels.jsonl", labels));
    return options_.file_system->WriteFileAtomically(options_.folder + "/manifest.csv", manifest);
  }

 private:
  std::string PartFile(int part, const char* ending) const {
    return absl::StrFormat("%s/.part-%06d.%s", options_.folder, part, ending);
  }

  const ExportWriterOptions options_;
  PartChecksums sums_;
  int part_ = 0;
  std::string rows_;   // of the manifest
  std::string lines_;  // of labels.jsonl
};

}  // namespace

std::unique_ptr<ExportWriter> MakeFolderWriter(ExportWriterOptions options) {
  return std::make_unique<FolderWriter>(std::move(options));
}

}  // namespace facet::cli
