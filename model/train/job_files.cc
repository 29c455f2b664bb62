// SPDX-License-Identifier: Apache-2.0
#include "model/train/job_files.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "model/bundle/bundle.h"
#include "model/train/trainer_job.h"

namespace facet::model {
namespace {

absl::Status BadSpec(const std::string& path, absl::string_view what) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat("'", path, "' ", what)), "BAD_SPEC");
}

// Keeps the first error, with its place.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::StatusOr<internal::TrainerSpec> ParseSpec(FileSystem& file_system, const std::string& path, bool is_text) {
  ASSIGN_OR_RETURN(const std::string contents, file_system.ReadFile(path));
  internal::TrainerSpec spec;
  if (!is_text) {
    if (!spec.ParseFromString(contents)) return BadSpec(path, "is not a facet.internal.TrainerSpec");
    return spec;
  }
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(contents, &spec)) return BadSpec(path, error.text());
  return spec;
}

}  // namespace

absl::StatusOr<internal::TrainerSpec> ReadTrainerSpec(FileSystem& file_system, const std::string& job_dir) {
  std::string path = absl::StrCat(job_dir, "/", kSpecFile);
  auto spec = ParseSpec(file_system, path, false);
  if (absl::IsNotFound(spec.status())) {
    path = absl::StrCat(job_dir, "/", kSpecTextFile);
    spec = ParseSpec(file_system, path, true);
    if (absl::IsNotFound(spec.status())) {
      return absl::NotFoundError(
          absl::StrCat("'", job_dir, "' has neither ", kSpecFile, " nor ", kSpecTextFile, ": it is no job's folder"));
    }
  }
  RETURN_IF_ERROR(spec.status());
  if (spec->dataset_dir().empty()) return BadSpec(path, "has no dataset_dir");
  if (!spec->has_preset()) return BadSpec(path, "has no preset");
  return spec;
}

absl::StatusOr<std::optional<v1::ModelCard>> ReadFinishedBundle(FileSystem& file_system, const std::string& path) {
  auto bundle = ReadBundle(file_system, path);
  if (absl::IsNotFound(bundle.status()) || absl::IsDataLoss(bundle.status())) return std::nullopt;
  RETURN_IF_ERROR(bundle.status());
  return std::move(bundle->card);
}

absl::Status ClearBundle(FileSystem& file_system, const std::string& job_dir, absl::string_view bundle) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system.List(job_dir));
  for (const std::string& name : names) {
    // The folder is the server's, too: leave its temporary files alone.
    if (name != bundle && !absl::StartsWith(name, absl::StrCat(bundle, ".tmp-"))) continue;
    RETURN_IF_ERROR(file_system.RemoveAll(absl::StrCat(job_dir, "/", name)));
  }
  return absl::OkStatus();
}

absl::Status WriteReport(FileSystem& file_system, const std::string& path, const google::protobuf::Message& report) {
  google::protobuf::util::JsonPrintOptions format;
  format.add_whitespace = true;
  format.always_print_primitive_fields = true;
  format.preserve_proto_field_names = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(report, &json, format);
  if (!printed.ok()) return absl::InternalError(absl::StrCat("cannot write the report: ", printed.ToString()));
  return file_system.WriteFileAtomically(path, json);
}

absl::Status WritePart(FileSystem& file_system, const std::string& path, const std::string& part) {
  internal::KeptPart file;
  file.set_part(part);
  file.set_sha256(Sha256Hex(part));
  return file_system.WriteFileAtomically(path, file.SerializeAsString());
}

absl::StatusOr<std::optional<std::string>> ReadPart(FileSystem& file_system, const std::string& path) {
  const auto contents = file_system.ReadFile(path);
  if (absl::IsNotFound(contents.status())) return std::nullopt;
  RETURN_IF_ERROR(contents.status());
  internal::KeptPart file;
  if (!file.ParseFromString(*contents)) return std::nullopt;
  if (Sha256Hex(file.part()) != file.sha256()) return std::nullopt;
  return std::move(*file.mutable_part());
}

absl::Status WriteResult(FileSystem& file_system, const std::string& job_dir,
                         const internal::TrainerEvent::Finished& result) {
  return WritePart(file_system, absl::StrCat(job_dir, "/", kResultFile), result.SerializeAsString());
}

absl::StatusOr<std::optional<internal::TrainerEvent::Finished>> ReadResult(FileSystem& file_system,
                                                                           const std::string& job_dir) {
  ASSIGN_OR_RETURN(const auto part, ReadPart(file_system, absl::StrCat(job_dir, "/", kResultFile)));
  internal::TrainerEvent::Finished result;
  if (!part.has_value() || !result.ParseFromString(*part)) return std::nullopt;
  return result;
}

}  // namespace facet::model
