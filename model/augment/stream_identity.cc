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

constexpr int kTokenVersion = 1;
constexpr size_t kChecksumBytes = sizeof(uint64_t);

// The spec without what does not change pixels or order: model (hashed apart),
// seeds (likewise), how many epochs, and who reads.
std::string RecipePart(v1::StreamSpec spec) {
  spec.clear_model();
  spec.clear_shuffle_seed();
  spec.clear_augmentation_seed();
  spec.clear_epochs();
  spec.clear_rank();
  spec.clear_world_size();
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

StreamIdentity::StreamIdentity(const v1::StreamSpec& spec, absl::string_view model_version,
                               absl::string_view weights_sha256) {
  const std::string model = absl::StrCat(model_version, "\n", weights_sha256);
  const std::string recipe = RecipePart(spec);
  const std::string seeds = absl::StrCat(spec.shuffle_seed(), "\n", spec.augmentation_seed());
  model_ = StableHash(model);
  recipe_ = StableHash(recipe);
  seeds_ = StableHash(seeds);
  fingerprint_ = Sha256Hex(absl::StrCat(model.size(), "\n", model, recipe.size(), "\n", recipe, seeds));
}

std::string StreamIdentity::MakeToken(const StreamPosition& position) const {
  internal::StreamToken token;
  token.set_version(kTokenVersion);
  token.set_model(model_);
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
  if (read.recipe() != recipe_) differences.push_back("recipe, batch size, pixels or labels");
  if (read.seeds() != seeds_) differences.push_back("seeds");
  if (!differences.empty()) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat(
                          "the token is of another stream; what differs: ", absl::StrJoin(differences, "; "))),
                      "TOKEN_OF_OTHER_STREAM");
  }
  return StreamPosition{read.epoch(), read.batch()};
}

}  // namespace facet::model
