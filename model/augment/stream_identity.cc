// SPDX-License-Identifier: Apache-2.0
#include "model/augment/stream_identity.h"

#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/random.h"
#include "base/sha256.h"
#include "facet/internal/stream_token.pb.h"

namespace facet::model {
namespace {

constexpr int kTokenVersion = 2;
constexpr size_t kChecksumBytes = sizeof(uint64_t);

// The spec without what does not change pixels or order (how many epochs, and
// who reads) and what is hashed apart (model, data set, judges, seeds).
std::string RecipePart(v1::StreamSpec spec) {
  spec.clear_model();
  spec.clear_shuffle_seed();
  spec.clear_augmentation_seed();
  spec.clear_epochs();
  spec.clear_first_epoch();
  spec.clear_rank();
  spec.clear_world_size();
  spec.clear_worker();
  spec.clear_workers();
  if (spec.recipe().has_real()) spec.mutable_recipe()->mutable_real()->clear_dataset();
  if (spec.recipe().has_filter()) {
    for (auto& confidence : *spec.mutable_recipe()->mutable_filter()->mutable_confidence()) confidence.clear_judge();
  }
  // Values that mean the same are written the same.
  if (spec.batch_size() == 0) spec.set_batch_size(64);
  if (spec.pixel_type() == v1::PIXEL_TYPE_UNSPECIFIED) spec.set_pixel_type(v1::PIXEL_TYPE_UINT8);
  if (spec.layout() == v1::PIXEL_LAYOUT_UNSPECIFIED) spec.set_layout(v1::PIXEL_LAYOUT_NHWC);
  if (spec.last_batch() == v1::LAST_BATCH_UNSPECIFIED) spec.set_last_batch(v1::LAST_BATCH_PARTIAL);
  if (spec.labels().empty()) spec.add_labels(v1::LABEL_FORM_SOFT);
  if (spec.recipe().repeats() == 0) spec.mutable_recipe()->set_repeats(1);
  if (!spec.recipe().has_shuffle()) spec.mutable_recipe()->set_shuffle(true);
  return spec.SerializeAsString();  // no maps inside, so the bytes are canonical
}

std::string Checksum(absl::string_view payload) {
  const uint64_t hash = StableHash(payload);
  std::string bytes(kChecksumBytes, '\0');
  std::memcpy(bytes.data(), &hash, kChecksumBytes);
  return bytes;
}

absl::Status BadToken() {
  return InvalidField("resume_token", "BAD_TOKEN",
                      "the token is damaged or not one of this service; give the bytes of a batch's token unchanged");
}

}  // namespace

StreamIdentity::StreamIdentity(const v1::StreamSpec& spec, const StreamSources& sources) {
  const std::string model = absl::StrCat(sources.model_version, "\n", sources.model_digest);
  const std::string dataset =
      sources.dataset_version.empty() ? "" : absl::StrCat(sources.dataset_version, "\n", sources.dataset_digest);
  const std::string recipe = RecipePart(spec);
  const std::string seeds = absl::StrCat(spec.shuffle_seed(), "\n", spec.augmentation_seed());
  model_ = StableHash(model);
  dataset_ = dataset.empty() ? 0 : StableHash(dataset);
  judges_ = sources.judges.empty() ? 0 : StableHash(sources.judges);
  recipe_ = StableHash(recipe);
  seeds_ = StableHash(seeds);
  std::string all;
  for (const std::string& part : {model, dataset, sources.judges, recipe, seeds}) {
    absl::StrAppend(&all, part.size(), "\n", part, "\n");
  }
  fingerprint_ = Sha256Hex(all);
}

std::string StreamIdentity::MakeToken(const StreamPosition& position) const {
  internal::StreamToken token;
  token.set_version(kTokenVersion);
  token.set_model(model_);
  token.set_dataset(dataset_);
  token.set_judges(judges_);
  token.set_recipe(recipe_);
  token.set_seeds(seeds_);
  token.set_epoch(position.epoch);
  token.set_batch(position.batch);
  const std::string payload = token.SerializeAsString();
  return Checksum(payload) + payload;
}

absl::StatusOr<StreamPosition> StreamIdentity::ReadToken(absl::string_view token) const {
  if (token.size() < kChecksumBytes) return BadToken();
  const absl::string_view payload = token.substr(kChecksumBytes);
  internal::StreamToken read;
  if (token.substr(0, kChecksumBytes) != Checksum(payload) ||
      !read.ParseFromArray(payload.data(), static_cast<int>(payload.size())) || read.version() != kTokenVersion ||
      read.epoch() < 0 || read.batch() < 0) {
    return BadToken();
  }
  std::vector<std::string> differences;
  if (read.model() != model_) differences.push_back("model version");
  if (read.dataset() != dataset_) differences.push_back("data set version");
  if (read.judges() != judges_) differences.push_back("judge of the filter");
  if (read.recipe() != recipe_) differences.push_back("recipe, batch size, pixels or labels");
  if (read.seeds() != seeds_) differences.push_back("seeds");
  if (!differences.empty()) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("the token is of another stream; what differs: ",
                                                                 absl::StrJoin(differences, "; "))),
                      "TOKEN_OF_OTHER_STREAM");
  }
  return StreamPosition{read.epoch(), read.batch()};
}

}  // namespace facet::model
