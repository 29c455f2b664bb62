// SPDX-License-Identifier: Apache-2.0
#include "model/data/dataset.h"

#include <bit>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/dataset_manifest.h"
#include "model/data/label_check.h"
#include "model/data/mapped_file.h"

namespace facet::model {
namespace {

// Files are little-endian and used as they lie.
static_assert(std::endian::native == std::endian::little);

absl::StatusOr<std::string> DigestOf(const std::map<std::string, std::string>& seal, const std::string& path,
                                     const std::string& name) {
  const auto found = seal.find(name);
  if (found != seal.end()) return found->second;
  return InconsistentDataset(path, absl::StrCat(name, " is not listed in ", kChecksumFile));
}

}  // namespace

struct Dataset::State {
  DatasetInfo info;
  std::unique_ptr<MappedFile> images;
  std::unique_ptr<MappedFile> labels;

  const uint16_t* label_data() const { return static_cast<const uint16_t*>(labels->data()); }
};

Dataset::Dataset(std::unique_ptr<State> state) : state_(std::move(state)) {}
Dataset::~Dataset() = default;

absl::StatusOr<std::unique_ptr<Dataset>> Dataset::Open(FileSystem& file_system, const std::string& path) {
  auto state = std::make_unique<State>();
  ASSIGN_OR_RETURN(state->info, ReadDatasetInfo(file_system, path));
  const DatasetInfo& info = state->info;
  ASSIGN_OR_RETURN(const auto seal, ReadSeal(file_system, path));
  ASSIGN_OR_RETURN(const std::string images_digest, DigestOf(seal, path, kImagesFile));
  ASSIGN_OR_RETURN(const std::string labels_digest, DigestOf(seal, path, kLabelsFile));
  const size_t labels_bytes = info.image_count * info.schema.size() * sizeof(uint16_t);
  ASSIGN_OR_RETURN(state->labels, MappedFile::Open(absl::StrCat(path, "/", kLabelsFile), labels_bytes, labels_digest));
  ASSIGN_OR_RETURN(state->images, MappedFile::Open(absl::StrCat(path, "/", kImagesFile),
                                                   info.image_count * info.shape.samples(), images_digest));
  if (DatasetFingerprint(info, labels_digest, images_digest) != info.fingerprint) {
    return InconsistentDataset(path, "its fingerprint is not that of its contents");
  }
  RETURN_IF_ERROR(CheckLabels(info, state->label_data(), path));
  return std::unique_ptr<Dataset>(new Dataset(std::move(state)));
}

const DatasetInfo& Dataset::info() const { return state_->info; }

const uint8_t* Dataset::pixels(int64_t i) const {
  return static_cast<const uint8_t*>(state_->images->data()) + i * state_->info.shape.samples();
}

absl::Span<const uint16_t> Dataset::labels(int64_t i) const {
  const size_t features = state_->info.schema.size();
  return absl::MakeConstSpan(state_->label_data() + i * features, features);
}

absl::StatusOr<DatasetInfo> ReadDatasetInfo(FileSystem& file_system, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string json, ReadSealedFile(file_system, path, kManifestFile));
  auto info = DatasetManifestFromJson(json);
  if (!info.ok()) return Annotate(info.status(), absl::StrCat("data set '", path, "'"));
  return info;
}

}  // namespace facet::model
