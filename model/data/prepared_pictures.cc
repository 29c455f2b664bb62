// SPDX-License-Identifier: Apache-2.0
#include "model/data/prepared_pictures.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "model/image/codec.h"

namespace facet::model {
namespace {

// Raise it whenever the same file would be prepared differently.
constexpr char kVersion[] = "facet prepared pictures 1";
constexpr char kPicture = 'P';
constexpr char kDropped = 'D';
constexpr size_t kChecksumLine = 65;
// What a file takes on the disk besides its bytes.
constexpr uint64_t kFileBytes = 4096;

}  // namespace

std::unique_ptr<PreparedPictures> PreparedPictures::Open(FileSystem* file_system, const Options& options) {
  if (options.folder.empty()) return std::unique_ptr<PreparedPictures>(new PreparedPictures(file_system, "", "", 0));
  std::string key = Sha256Hex(absl::StrCat(kVersion, "\n", ImageLibraries(), "\n", options.depends_on));
  std::string folder = absl::StrCat(options.folder, "/", key);
  std::unique_ptr<PreparedPictures> pictures(
      new PreparedPictures(file_system, std::move(key), std::move(folder), options.picture_bytes));
  pictures->MakeRoom(options);
  return pictures;
}

// Nothing is written where any of this fails.
void PreparedPictures::MakeRoom(const Options& options) {
  if (!file_system_->CreateDirs(folder_).ok()) return;
  const auto keys = file_system_->List(options.folder);
  if (!keys.ok()) return;
  for (const std::string& key : *keys) {
    if (key != key_) file_system_->RemoveAll(absl::StrCat(options.folder, "/", key)).IgnoreError();
  }
  const auto free = file_system_->FreeBytes(folder_);
  if (!free.ok()) return;
  if (*free < options.needed_bytes) {
    file_system_->RemoveAll(options.folder).IgnoreError();
    return;
  }
  const auto files = file_system_->List(folder_);
  const auto bytes = file_system_->Size(folder_);
  if (!files.ok() || !bytes.ok()) return;
  const uint64_t used = *bytes + files->size() * kFileBytes;
  if (used >= options.max_bytes) return;
  room_ = static_cast<int64_t>(std::min(options.max_bytes - used, *free - options.needed_bytes));
}

absl::StatusOr<PreparedPictures::Pixels> PreparedPictures::Get(const std::string& file, const Prepare& prepare) {
  if (folder_.empty()) return prepare(file);
  const std::string digest = Sha256Hex(file);
  if (auto found = Find(digest); found.has_value()) return *std::move(found);
  absl::StatusOr<Pixels> prepared = prepare(file);
  Keep(digest, prepared);
  return prepared;
}

std::string PreparedPictures::Checksum(const std::string& digest, absl::string_view contents) const {
  Sha256 hash;
  hash.Update(key_);
  hash.Update(digest);
  hash.Update(contents);
  return absl::StrCat(hash.HexDigest(), "\n");
}

std::optional<absl::StatusOr<PreparedPictures::Pixels>> PreparedPictures::Find(const std::string& digest) const {
  const auto file = file_system_->ReadFile(absl::StrCat(folder_, "/", digest));
  if (!file.ok() || file->size() <= kChecksumLine) return std::nullopt;
  const absl::string_view all = *file;
  const absl::string_view contents = all.substr(kChecksumLine);
  if (all.substr(0, kChecksumLine) != Checksum(digest, contents)) return std::nullopt;
  const absl::string_view rest = contents.substr(1);
  if (contents[0] == kDropped) return absl::InvalidArgumentError(rest);
  if (contents[0] != kPicture || rest.size() != picture_bytes_) return std::nullopt;
  return Pixels(rest.begin(), rest.end());
}

void PreparedPictures::Keep(const std::string& digest, const absl::StatusOr<Pixels>& prepared) {
  std::string contents;
  if (prepared.ok()) {
    contents.push_back(kPicture);
    contents.append(prepared->begin(), prepared->end());
  } else if (absl::IsInvalidArgument(prepared.status())) {
    contents = absl::StrCat(std::string(1, kDropped), prepared.status().message());
  } else {
    return;
  }
  const auto bytes = static_cast<int64_t>(kChecksumLine + contents.size() + kFileBytes);
  if (room_.fetch_sub(bytes) < bytes) {
    room_.fetch_add(bytes);
    return;
  }
  const std::string path = absl::StrCat(folder_, "/", digest);
  const absl::Status written = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const auto file, file_system_->Create(path));
    return file->Append(absl::StrCat(Checksum(digest, contents), contents));
  }();
  if (written.ok()) return;
  // The disk is full or broken: what is left of it belongs to the data set.
  file_system_->RemoveAll(path).IgnoreError();
  room_ = 0;
}

}  // namespace facet::model
