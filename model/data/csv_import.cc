// SPDX-License-Identifier: Apache-2.0
#include "model/data/csv_import.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "model/data/csv_manifest.h"
#include "model/data/face_cropper.h"
#include "model/data/image_preparation.h"
#include "model/data/prepared_pictures.h"
#include "model/data/source_file.h"
#include "model/features/text.h"
#include "model/image/codec.h"
#include "model/image/face_finder.h"

namespace facet::model {
namespace {

namespace fs = std::filesystem;

constexpr int kDefaultSide = 64;
constexpr int kMinSide = 8;
constexpr int kMaxSide = 1024;
constexpr uint64_t kMaxManifestBytes = uint64_t{64} << 20;
constexpr uint64_t kMaxImageBytes = uint64_t{64} << 20;
// Photographs show more around the face than KDEF does.
constexpr double kMinShare = 1.0 / 4;

// INVALID_ARGUMENT unless the file is there, a file, and below `root`, which is
// canonical.
absl::Status CheckFile(const fs::path& root, const std::string& path) {
  std::error_code error;
  const fs::path file = fs::canonical(root / path, error);
  if (error)
    return absl::InvalidArgumentError(absl::StrCat("'", ShownText(path), "' cannot be read: ", error.message()));
  if (!IsWithin(file, root)) {
    return absl::InvalidArgumentError(absl::StrCat("'", ShownText(path), "' is a link that leads out of the source"));
  }
  if (fs::is_regular_file(file, error)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", ShownText(path), "' is not a file"));
}

absl::Status CheckFiles(const ImportOptions& options, const CsvManifest& manifest) {
  std::error_code error;
  const fs::path root = fs::canonical(options.source, error);
  if (error) return SourceError(kCsvManifestFile, error.message());
  for (const CsvManifest::Row& row : manifest.rows) {
    RETURN_IF_ERROR(CheckNotCancelled(options.cancelled));
    const absl::Status found = CheckFile(root, row.path);
    if (!found.ok()) return SourceLineError(kCsvManifestFile, row.line, found.message());
  }
  return absl::OkStatus();
}

using Pixels = ImagePreparation::Pixels;

// Makes square pictures of image files: of the face where one is asked for,
// else of the middle.
absl::StatusOr<ImagePreparation::Prepare> MakePrepare(const v1::CsvImportOptions& csv, const std::string& cascade,
                                                      int side) {
  std::shared_ptr<FaceCropper> cropper;  // std::function wants copies
  if (csv.has_face_crop()) {
    ASSIGN_OR_RETURN(cropper, FaceCropper::Create(cascade, csv.face_crop(), kMinShare));
  }
  return [cropper, side](const std::string& file) -> absl::StatusOr<Pixels> {
    ASSIGN_OR_RETURN(const Image image, DecodeImage(file));
    if (cropper == nullptr) return ResizeToSquare(image, side).pixels;
    ASSIGN_OR_RETURN(Image face, cropper->Crop(image, side));
    return std::move(face.pixels);
  };
}

std::unique_ptr<PreparedPictures> OpenPrepared(FileSystem& file_system, const ImportOptions& options,
                                               const std::string& cascade, int side, size_t count) {
  const v1::CsvImportOptions& csv = options.spec.csv();
  PreparedPictures::Options prepared;
  prepared.folder = options.prepared_folder;
  prepared.depends_on = absl::StrCat("csv ", side, " ", csv.has_face_crop() ? Sha256Hex(cascade) : "middle", " ",
                                     kMinShare, " ", csv.face_crop().SerializeAsString());
  prepared.picture_bytes = size_t{3} * side * side;
  prepared.needed_bytes = uint64_t{count} * prepared.picture_bytes;
  return PreparedPictures::Open(&file_system, prepared);
}

absl::Status AddImages(FileSystem& file_system, const ImportOptions& options, const CsvManifest& manifest, int side,
                       DatasetWriter& writer, ImportResult& result) {
  const v1::CsvImportOptions& csv = options.spec.csv();
  std::string cascade;
  if (csv.has_face_crop()) {
    ASSIGN_OR_RETURN(cascade, ReadFaceCascade(file_system, options.cascade_folders));
  }
  const auto prepared = OpenPrepared(file_system, options, cascade, side, manifest.rows.size());
  ImagePreparation preparation;
  preparation.count = static_cast<int64_t>(manifest.rows.size());
  preparation.threads = options.threads;
  preparation.cancelled = options.cancelled;
  preparation.progress = options.progress;
  preparation.read = [&](int64_t i) -> absl::StatusOr<std::string> {
    const CsvManifest::Row& row = manifest.rows[i];
    auto file = ReadSourceFile(file_system, options.source, row.path, kMaxImageBytes);
    if (file.ok()) return file;
    return Annotate(file.status(), absl::StrCat(kCsvManifestFile, " line ", row.line));
  };
  preparation.make_prepare = [&]() -> absl::StatusOr<ImagePreparation::Prepare> {
    ASSIGN_OR_RETURN(ImagePreparation::Prepare prepare, MakePrepare(csv, cascade, side));
    return [&, prepare](const std::string& file) { return prepared->Get(file, prepare); };
  };
  preparation.take = [&](int64_t i, const absl::StatusOr<Pixels>& pixels) {
    if (pixels.ok()) return writer.Add(pixels->data(), manifest.labels_of(i));
    result.Drop(manifest.rows[i].path, pixels.status().message());
    return absl::OkStatus();
  };
  return PrepareImages(preparation);
}

absl::Status AllDropped(const ImportResult& result) {
  return WithReason(
      absl::InvalidArgumentError(absl::StrCat("none of the ", result.dropped_count, " images can be used; the first, '",
                                              result.dropped[0].path(), "': ", result.dropped[0].reason())),
      "EMPTY_DATASET");
}

}  // namespace

absl::Status ValidateCsvOptions(const v1::CsvImportOptions& options) {
  const int side = options.image_size();
  if (side == 0 || (side >= kMinSide && side <= kMaxSide)) {
    return PrefixField(ValidateFaceCrop(options.face_crop()), "face_crop");
  }
  return InvalidField(
      "image_size", "OUT_OF_RANGE",
      absl::StrCat("must be in [", kMinSide, ", ", kMaxSide, "], or 0 for ", kDefaultSide, ", not ", side));
}

absl::StatusOr<ImportResult> ImportCsv(FileSystem& file_system, const ImportOptions& options) {
  ASSIGN_OR_RETURN(const std::string text,
                   ReadSourceFile(file_system, options.source, kCsvManifestFile, kMaxManifestBytes));
  ASSIGN_OR_RETURN(const CsvManifest manifest, ParseCsvManifest(text, options.cancelled));
  RETURN_IF_ERROR(CheckFiles(options, manifest));
  const int asked = options.spec.csv().image_size();
  const int side = asked == 0 ? kDefaultSide : asked;
  ASSIGN_OR_RETURN(const auto writer,
                   DatasetWriter::Create(&file_system, options.target, manifest.schema, {side, side, 3}));
  ImportResult result;
  RETURN_IF_ERROR(AddImages(file_system, options, manifest, side, *writer, result));
  if (result.dropped_count == static_cast<int64_t>(manifest.rows.size())) return AllDropped(result);
  writer->RemoveUnusedClasses();
  RETURN_IF_ERROR(CheckEnoughImages(manifest.schema, writer->size()));
  ASSIGN_OR_RETURN(result.info, writer->Finish());
  return result;
}

}  // namespace facet::model
