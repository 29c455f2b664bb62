// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace facet::cli {

std::string SampleKey(int64_t number) { return absl::StrFormat("%09d", number); }

PartChecksums::PartChecksums(FileSystem* file_system, std::string folder)
    : file_system_(file_system), folder_(std::move(folder)) {}

std::string PartChecksums::PartFile(int part) const { return absl::StrFormat("%s/.part-%06d.sums", folder_, part); }

absl::Status PartChecksums::End(int part) {
  std::string text;
  for (const auto& [file, digest] : sums_) absl::StrAppend(&text, digest, "  ", file, "\n");
  return file_system_->WriteFileAtomically(PartFile(part), text);
}

absl::Status PartChecksums::Join(int parts, const std::map<std::string, std::string>& more) {
  std::string text;
  for (int part = 0; part < parts; ++part) {
    ASSIGN_OR_RETURN(const std::string sums, file_system_->ReadFile(PartFile(part)));
    text += sums;
  }
  for (const auto& [file, contents] : more) absl::StrAppend(&text, Sha256Hex(contents), "  ", file, "\n");
  return file_system_->WriteFileAtomically(folder_ + "/SHA256SUMS", text);
}

}  // namespace facet::cli
