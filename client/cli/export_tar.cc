// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "client/cli/export_checksums.h"
#include "client/cli/export_writer.h"

namespace facet::cli {
namespace {

constexpr int kBlockBytes = 1 << 20;

// A tar file being written under a temporary name. Equal samples give equal
// bytes: no times, owners or modes of this machine.
class Tar {
 public:
  Tar(std::unique_ptr<WritableFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)), archive_(archive_write_new()) {
    archive_write_set_format_ustar(archive_);
    archive_write_set_bytes_per_block(archive_, kBlockBytes);
    archive_write_set_bytes_in_last_block(archive_, 1);  // no padding to a whole block
    archive_write_open(archive_, this, nullptr, &Tar::Write, nullptr);
  }
  Tar(const Tar&) = delete;
  Tar& operator=(const Tar&) = delete;
  ~Tar() { archive_write_free(archive_); }

  absl::Status Add(const std::string& name, absl::string_view contents) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<int64_t>(contents.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    const bool good =
        archive_write_header(archive_, entry) == ARCHIVE_OK &&
        archive_write_data(archive_, contents.data(), contents.size()) == static_cast<la_ssize_t>(contents.size());
    archive_entry_free(entry);
    return good ? absl::OkStatus() : Failure();
  }

  // Closes and returns the SHA-256 of the file.
  absl::StatusOr<std::string> Close() {
    if (archive_write_close(archive_) != ARCHIVE_OK) return Failure();
    RETURN_IF_ERROR(file_->SyncAndClose());
    return sha256_.HexDigest();
  }

 private:
  static la_ssize_t Write(archive*, void* self, const void* data, size_t size) {
    Tar& tar = *static_cast<Tar*>(self);
    const absl::string_view bytes(static_cast<const char*>(data), size);
    tar.status_ = tar.file_->Append(bytes);
    if (!tar.status_.ok()) return -1;
    tar.sha256_.Update(bytes);
    return static_cast<la_ssize_t>(size);
  }

  absl::Status Failure() const {
    if (!status_.ok()) return status_;
    const char* const why = archive_error_string(archive_);
    return absl::InternalError(absl::StrCat("cannot write '", path_, "': ", why == nullptr ? "tar" : why));
  }

  const std::unique_ptr<WritableFile> file_;
  const std::string path_;
  Sha256 sha256_;
  absl::Status status_;
  archive* const archive_;
};

class TarWriter final : public ExportWriter {
 public:
  explicit TarWriter(ExportWriterOptions options)
      : options_(std::move(options)), sums_(options_.file_system, options_.folder) {}

  absl::Status Begin(int part) override {
    RETURN_IF_ERROR(options_.file_system->CreateDirs(options_.folder));
    part_ = part;
    sums_.Begin();
    ASSIGN_OR_RETURN(auto file, options_.file_system->Create(Temporary()));
    tar_ = std::make_unique<Tar>(std::move(file), Temporary());
    return absl::OkStatus();
  }

  absl::Status Add(const ExportSample& sample) override {
    const std::string key = SampleKey(sample.number);
    RETURN_IF_ERROR(tar_->Add(absl::StrCat(key, ".", Extension(options_.image)), sample.image));
    if (options_.label >= 0) {
      RETURN_IF_ERROR(tar_->Add(key + ".cls", absl::StrCat(sample.class_index[options_.label])));
    }
    return tar_->Add(key + ".json", sample.json);
  }

  absl::StatusOr<std::string> End() override {
    ASSIGN_OR_RETURN(const std::string digest, tar_->Close());
    tar_.reset();
    RETURN_IF_ERROR(options_.file_system->Rename(Temporary(), options_.folder + "/" + Name()));
    RETURN_IF_ERROR(options_.file_system->SyncDir(options_.folder));
    sums_.Add(Name(), digest);
    ASSIGN_OR_RETURN(const std::string list, sums_.End(part_));
    return Sha256Hex(list);
  }

  absl::StatusOr<std::vector<std::string>> Check(int part, const std::string& digest) override {
    const auto list = sums_.Read(part);
    const std::string name = PartChecksums::FileName(part);
    if (absl::IsNotFound(list.status())) return std::vector<std::string>{name + " is missing"};
    RETURN_IF_ERROR(list.status());
    if (!digest.empty() && Sha256Hex(*list) != digest)
      return std::vector<std::string>{name + " is not as it was written"};
    return sums_.Check(part, *list);
  }

  absl::Status Complete(int parts) override { return sums_.Join(parts, {}); }

 private:
  std::string Name() const { return absl::StrFormat("shard-%06d.tar", part_); }
  std::string Temporary() const { return absl::StrCat(options_.folder, "/.", Name(), ".tmp"); }

  const ExportWriterOptions options_;
  PartChecksums sums_;
  int part_ = 0;
  std::unique_ptr<Tar> tar_;
};

}  // namespace

std::unique_ptr<ExportWriter> MakeTarWriter(ExportWriterOptions options) {
  return std::make_unique<TarWriter>(std::move(options));
}

}  // namespace facet::cli
