// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_checksums.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace facet::cli {
namespace {

constexpr size_t kDigestLength = 64;
constexpr absl::string_view kBetween = "  ";

}  // namespace

// In pieces, which FileSystem does not read: a shard may be larger than memory.
absl::StatusOr<std::string> FileSha256(const std::string& path) {
  if (!FileSystem::Posix()->Exists(path)) return absl::NotFoundError(absl::StrCat("there is no '", path, "'"));
  std::ifstream file(path, std::ios::binary);
  std::string piece(size_t{1} << 20, '\0');
  Sha256 digest;
  while (file.good()) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    digest.Update(absl::string_view(piece).substr(0, static_cast<size_t>(file.gcount())));
  }
  if (!file.eof()) return absl::InternalError(absl::StrCat("cannot read '", path, "'"));
  return digest.HexDigest();
}

PartChecksums::PartChecksums(FileSystem* file_system, std::string folder)
    : file_system_(file_system), folder_(std::move(folder)) {}

std::string PartChecksums::FileName(int part) { return absl::StrFormat(".part-%06d.sums", part); }

absl::StatusOr<std::string> PartChecksums::End(int part) {
  std::string list;
  for (const auto& [file, digest] : sums_) absl::StrAppend(&list, digest, kBetween, file, "\n");
  RETURN_IF_ERROR(file_system_->WriteFileAtomically(absl::StrCat(folder_, "/", FileName(part)), list));
  return list;
}

absl::StatusOr<std::string> PartChecksums::Read(int part) const {
  return file_system_->ReadFile(absl::StrCat(folder_, "/", FileName(part)));
}

absl::StatusOr<std::vector<std::string>> PartChecksums::Check(int part, const std::string& list) const {
  std::vector<std::string> wrong;
  for (const absl::string_view line : absl::StrSplit(list, '\n', absl::SkipEmpty())) {
    if (line.size() <= kDigestLength + kBetween.size() || line.substr(kDigestLength, kBetween.size()) != kBetween) {
      wrong.push_back(absl::StrCat(FileName(part), " is no list of checksums"));
      break;
    }
    const absl::string_view file = line.substr(kDigestLength + kBetween.size());
    const auto digest = FileSha256(absl::StrCat(folder_, "/", file));
    if (absl::IsNotFound(digest.status())) {
      wrong.push_back(absl::StrCat(file, " is missing"));
    } else if (!digest.ok()) {
      return digest.status();
    } else if (*digest != line.substr(0, kDigestLength)) {
      wrong.push_back(absl::StrCat(file, " is not as it was written"));
    }
  }
  return wrong;
}

absl::Status PartChecksums::Join(int parts, const std::map<std::string, std::string>& more) {
  std::string text;
  for (int part = 0; part < parts; ++part) {
    ASSIGN_OR_RETURN(const std::string list, Read(part));
    text += list;
  }
  for (const auto& [file, contents] : more) absl::StrAppend(&text, Sha256Hex(contents), kBetween, file, "\n");
  return file_system_->WriteFileAtomically(folder_ + "/SHA256SUMS", text);
}

}  // namespace facet::cli
