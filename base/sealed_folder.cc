// SPDX-License-Identifier: Apache-2.0
#include "base/sealed_folder.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/error.h"
#include "base/names.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace facet {
namespace {

constexpr absl::string_view kTemporaryMark = ".tmp-";
constexpr size_t kDigestLength = 64;

absl::Status Damaged(absl::string_view message) {
  return WithReason(absl::DataLossError(message), "CHECKSUM_MISMATCH");
}

absl::Status CheckDigest(const std::string& file, const std::string& wanted, absl::string_view contents) {
  const std::string found = Sha256Hex(contents);
  if (found == wanted) return absl::OkStatus();
  return Damaged(absl::StrCat("'", file, "' is damaged: its SHA-256 is ", found, ", not ", wanted));
}

// Of a folder without checksums. Listing tells a folder that is gone from one
// that cannot be looked at.
absl::Status MissingSeal(FileSystem& file_system, const std::string& path) {
  absl::Status listed = file_system.List(path).status();
  if (listed.ok()) return Damaged(absl::StrCat("'", path, "' has no ", kChecksumFile));
  if (!absl::IsNotFound(listed)) return listed;
  return WithReason(absl::NotFoundError(absl::StrCat("there is no folder '", path, "'")), "FILE_NOT_FOUND");
}

// A file that the checksums name.
absl::StatusOr<std::string> ReadListedFile(FileSystem& file_system, const std::string& file) {
  auto contents = file_system.ReadFile(file);
  if (absl::IsNotFound(contents.status())) return Damaged(absl::StrCat("'", file, "' is missing"));
  return contents;
}

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// Folders above `path` that are still to be made.
std::vector<std::string> MissingParents(FileSystem& file_system, const std::string& path) {
  std::vector<std::string> missing;
  std::string parent = ParentOf(path);
  while (!file_system.Exists(parent) && parent != ParentOf(parent)) {
    missing.push_back(parent);
    parent = ParentOf(parent);
  }
  return missing;
}

}  // namespace

struct SealedFolderWriter::OpenFile {
  std::string name;
  std::unique_ptr<WritableFile> file;
  Sha256 hash;
};

SealedFolderWriter::SealedFolderWriter(FileSystem* file_system, std::string path, std::string temporary)
    : file_system_(file_system), path_(std::move(path)), temporary_(std::move(temporary)) {}

absl::StatusOr<std::unique_ptr<SealedFolderWriter>> SealedFolderWriter::Create(FileSystem* file_system,
                                                                               std::string path) {
  if (file_system->Exists(path)) return absl::AlreadyExistsError(absl::StrCat("'", path, "' is there already"));
  const std::vector<std::string> parents = MissingParents(*file_system, path);
  const std::string temporary = absl::StrCat(path, kTemporaryMark, RandomHexId());
  // Before anything is on the disk: it removes what there is.
  std::unique_ptr<SealedFolderWriter> writer(new SealedFolderWriter(file_system, std::move(path), temporary));
  RETURN_IF_ERROR(file_system->CreateDirs(temporary));
  for (const std::string& parent : parents) RETURN_IF_ERROR(file_system->SyncDir(ParentOf(parent)));
  return writer;
}

SealedFolderWriter::~SealedFolderWriter() {
  open_.reset();
  if (!committed_) file_system_->RemoveAll(temporary_).IgnoreError();
}

absl::Status SealedFolderWriter::Add(const std::string& name, absl::string_view contents) {
  RETURN_IF_ERROR(Begin(name));
  RETURN_IF_ERROR(Append(contents));
  return End();
}

absl::Status SealedFolderWriter::Begin(const std::string& name) {
  open_ = std::make_unique<OpenFile>();
  open_->name = name;
  ASSIGN_OR_RETURN(open_->file, file_system_->Create(absl::StrCat(temporary_, "/", name)));
  return absl::OkStatus();
}

absl::Status SealedFolderWriter::Append(absl::string_view bytes) {
  open_->hash.Update(bytes);
  return open_->file->Append(bytes);
}

absl::Status SealedFolderWriter::End() {
  RETURN_IF_ERROR(open_->file->SyncAndClose());
  digests_[open_->name] = open_->hash.HexDigest();
  open_.reset();
  return absl::OkStatus();
}

absl::Status SealedFolderWriter::Commit() {
  std::string sums;
  for (const auto& [name, digest] : digests_) absl::StrAppend(&sums, digest, "  ", name, "\n");
  RETURN_IF_ERROR(Add(std::string(kChecksumFile), sums));
  RETURN_IF_ERROR(file_system_->SyncDir(temporary_));
  RETURN_IF_ERROR(file_system_->Rename(temporary_, path_));
  absl::Status synced = file_system_->SyncDir(ParentOf(path_));
  // An error means that there is nothing: it may be tried again.
  if (!synced.ok()) temporary_ = path_;
  committed_ = synced.ok();
  return synced;
}

absl::StatusOr<std::map<std::string, std::string>> ReadSeal(FileSystem& file_system, const std::string& path) {
  const std::string sums_path = absl::StrCat(path, "/", kChecksumFile);
  auto sums = file_system.ReadFile(sums_path);
  if (absl::IsNotFound(sums.status())) return MissingSeal(file_system, path);
  RETURN_IF_ERROR(sums.status());
  std::map<std::string, std::string> digests;
  for (const absl::string_view line : absl::StrSplit(*sums, '\n', absl::SkipEmpty())) {
    if (line.size() < kDigestLength + 3 || line.substr(kDigestLength, 2) != "  " ||
        absl::StrContains(line.substr(kDigestLength + 2), '/')) {
      return Damaged(absl::StrCat("'", sums_path, "' is damaged: bad line '", line, "'"));
    }
    digests.emplace(line.substr(kDigestLength + 2), line.substr(0, kDigestLength));
  }
  return digests;
}

absl::Status VerifySealedFolder(FileSystem& file_system, const std::string& path) {
  ASSIGN_OR_RETURN(const auto digests, ReadSeal(file_system, path));
  for (const auto& [name, digest] : digests) {
    const std::string file = absl::StrCat(path, "/", name);
    ASSIGN_OR_RETURN(const std::string contents, ReadListedFile(file_system, file));
    RETURN_IF_ERROR(CheckDigest(file, digest, contents));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSealedFile(FileSystem& file_system, const std::string& path, const std::string& name) {
  ASSIGN_OR_RETURN(const auto digests, ReadSeal(file_system, path));
  const std::string file = absl::StrCat(path, "/", name);
  const auto digest = digests.find(name);
  if (digest == digests.end()) return Damaged(absl::StrCat("'", file, "' is not listed in ", kChecksumFile));
  ASSIGN_OR_RETURN(std::string contents, ReadListedFile(file_system, file));
  RETURN_IF_ERROR(CheckDigest(file, digest->second, contents));
  return contents;
}

absl::Status RemoveUnsealedLeftovers(FileSystem& file_system, const std::string& parent) {
  if (!file_system.Exists(parent)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system.List(parent));
  for (const std::string& name : names) {
    if (absl::StrContains(name, kTemporaryMark)) {
      RETURN_IF_ERROR(file_system.RemoveAll(absl::StrCat(parent, "/", name)));
    }
  }
  return absl::OkStatus();
}

}  // namespace facet
