// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "model/data/dataset.h"
#include "model/data/dataset_manifest.h"

namespace facet::model {
namespace {

// Images are small; this many bytes make one write.
constexpr size_t kBufferBytes = size_t{1} << 18;

absl::string_view BytesOf(const std::vector<uint16_t>& labels) {
  return {reinterpret_cast<const char*>(labels.data()), labels.size() * sizeof(uint16_t)};
}

absl::Status CheckLabels(const FeatureSchema& schema, absl::Span<const uint16_t> labels) {
  if (static_cast<int>(labels.size()) != schema.size()) {
    return absl::InvalidArgumentError(absl::StrCat("an image needs ", schema.size(), " labels, not ", labels.size()));
  }
  for (int i = 0; i < schema.size(); ++i) {
    const Feature& feature = schema.features()[i];
    if (labels[i] >= feature.classes.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature '", feature.name, "' has ", feature.classes.size(), " classes, no index ", labels[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

struct DatasetWriter::State {
  DatasetInfo info;
  std::unique_ptr<SealedFolderWriter> folder;
  std::vector<uint16_t> labels;  // small beside the pixels; written at the end
  std::string buffer;
  Sha256 images_hash;
  absl::Status status;  // the first error; nothing more is done after it

  absl::Status Flush() {
    images_hash.Update(buffer);
    absl::Status written = folder->Append(buffer);
    buffer.clear();
    return written;
  }

  absl::Status WriteRest() {
    RETURN_IF_ERROR(Flush());
    RETURN_IF_ERROR(folder->End());
    RETURN_IF_ERROR(folder->Add(kLabelsFile, BytesOf(labels)));
    info.fingerprint = DatasetFingerprint(info, Sha256Hex(BytesOf(labels)), images_hash.HexDigest());
    RETURN_IF_ERROR(folder->Add(kManifestFile, DatasetManifestToJson(info)));
    return folder->Commit();
  }
};

DatasetWriter::DatasetWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
DatasetWriter::~DatasetWriter() = default;

absl::StatusOr<std::unique_ptr<DatasetWriter>> DatasetWriter::Create(FileSystem* file_system, std::string path,
                                                                     FeatureSchema schema, ImageShape shape) {
  RETURN_IF_ERROR(ValidateImageShape(shape));
  if (schema.size() == 0) return absl::InvalidArgumentError("a data set needs at least one feature");
  auto state = std::make_unique<State>();
  state->info.schema = std::move(schema);
  state->info.shape = shape;
  ASSIGN_OR_RETURN(state->folder, SealedFolderWriter::Create(file_system, std::move(path)));
  RETURN_IF_ERROR(state->folder->Begin(kImagesFile));
  return std::unique_ptr<DatasetWriter>(new DatasetWriter(std::move(state)));
}

absl::Status DatasetWriter::Add(const uint8_t* pixels, absl::Span<const uint16_t> labels) {
  State& state = *state_;
  RETURN_IF_ERROR(state.status);
  RETURN_IF_ERROR(CheckLabels(state.info.schema, labels));
  state.buffer.append(reinterpret_cast<const char*>(pixels), state.info.shape.samples());
  state.labels.insert(state.labels.end(), labels.begin(), labels.end());
  ++state.info.image_count;
  if (state.buffer.size() >= kBufferBytes) state.status = state.Flush();
  return state.status;
}

int64_t DatasetWriter::size() const { return state_->info.image_count; }

void DatasetWriter::RemoveUnusedClasses() {
  State& state = *state_;
  if (state.info.image_count == 0) return;
  std::vector<Feature> features = state.info.schema.features();
  const size_t stride = features.size();
  for (size_t f = 0; f < stride; ++f) {
    std::vector<bool> used(features[f].classes.size());
    for (size_t i = f; i < state.labels.size(); i += stride) used[state.labels[i]] = true;
    std::vector<uint16_t> moved(used.size());
    std::vector<std::string> kept;
    for (size_t c = 0; c < used.size(); ++c) {
      moved[c] = static_cast<uint16_t>(kept.size());
      if (used[c]) kept.push_back(std::move(features[f].classes[c]));
    }
    features[f].classes = std::move(kept);
    for (size_t i = f; i < state.labels.size(); i += stride) state.labels[i] = moved[state.labels[i]];
  }
  // Part of a valid schema is one.
  state.info.schema = FeatureSchema::Create(std::move(features)).value();
}

void DatasetWriter::RemoveConstantFeatures(absl::Span<const std::string> names) {
  State& state = *state_;
  const std::vector<Feature>& all = state.info.schema.features();
  std::vector<Feature> features;
  std::vector<size_t> kept;
  for (size_t f = 0; f < all.size(); ++f) {
    if (all[f].classes.size() == 1 && absl::c_linear_search(names, all[f].name)) continue;
    features.push_back(all[f]);
    kept.push_back(f);
  }
  std::vector<uint16_t> labels;
  for (size_t image = 0; image < state.labels.size(); image += all.size()) {
    for (const size_t f : kept) labels.push_back(state.labels[image + f]);
  }
  state.labels = std::move(labels);
  state.info.schema = FeatureSchema::Create(std::move(features)).value();
}

absl::StatusOr<DatasetInfo> DatasetWriter::Finish() {
  State& state = *state_;
  RETURN_IF_ERROR(state.status);
  if (state.info.image_count == 0) {
    return WithReason(absl::InvalidArgumentError("no images: a data set needs at least one"), "EMPTY_DATASET");
  }
  state.status = state.WriteRest();
  RETURN_IF_ERROR(state.status);
  return state.info;
}

}  // namespace facet::model
