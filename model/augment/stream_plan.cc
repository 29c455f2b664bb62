// SPDX-License-Identifier: Apache-2.0
#include "model/augment/stream_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

constexpr int kDefaultBatchSize = 64;
// Attempts that the number of an image has room for.
constexpr uint64_t kMaxAttempts = 32;

absl::StatusOr<std::vector<v1::LabelForm>> ToLabels(const v1::StreamSpec& spec) {
  std::vector<v1::LabelForm> labels;
  for (int i = 0; i < spec.labels_size(); ++i) {
    const auto form = spec.labels(i);
    const std::string field = absl::StrCat("labels[", i, "]");
    if (form == v1::LABEL_FORM_UNSPECIFIED || !v1::LabelForm_IsValid(form)) {
      return InvalidField(field, "UNKNOWN_LABEL_FORM", absl::StrCat(static_cast<int>(form), " is no LabelForm"));
    }
    if (std::find(labels.begin(), labels.end(), form) != labels.end()) {
      return InvalidField(field, "DUPLICATE_LABEL_FORM", absl::StrCat(v1::LabelForm_Name(form), " is listed twice"));
    }
    labels.push_back(static_cast<v1::LabelForm>(form));
  }
  if (labels.empty()) labels.push_back(v1::LABEL_FORM_SOFT);
  return labels;
}

absl::Status CheckShare(float share) {
  if (share > 0 && share < 1) return absl::OkStatus();
  return InvalidField("real.share", "OUT_OF_RANGE", absl::StrCat("share ", share, " must lie in (0, 1)"));
}

}  // namespace

absl::StatusOr<StreamPlan> StreamPlan::Create(const v1::StreamSpec& spec, const FeatureSchema& schema,
                                              int max_batch_size, std::optional<RealImages> real) {
  auto combinations = Combinations::Create(spec.recipe(), schema);
  if (!combinations.ok()) return PrefixField(combinations.status(), "recipe");
  auto changes = ImageChanges::Create(spec.recipe().transforms());
  if (!changes.ok()) return PrefixField(changes.status(), "recipe.transforms");
  StreamPlan plan(*std::move(combinations), *std::move(changes));
  plan.places_ = Interleaving(plan.combinations_.size());
  if (spec.recipe().has_real()) {
    const double share = spec.recipe().real().share();
    RETURN_IF_ERROR(PrefixField(CheckShare(spec.recipe().real().share()), "recipe"));
    // Before it is a whole number, which may be too small for it.
    if (static_cast<double>(plan.combinations_.size()) / (1 - share) > 0x1p50) {
      return InvalidField("recipe.real.share", "TOO_MANY_IMAGES", "an epoch would have over 2^50 images");
    }
    plan.places_ = Interleaving(plan.combinations_.size(), share);
    plan.real_ = std::move(real);
  }
  plan.shuffle_ = !spec.recipe().has_shuffle() || spec.recipe().shuffle();
  RETURN_IF_ERROR(plan.ReadDelivery(spec, max_batch_size));
  plan.shuffle_seed_ = spec.shuffle_seed();
  plan.augmentation_seed_ = spec.augmentation_seed();
  return plan;
}

absl::Status StreamPlan::ReadDelivery(const v1::StreamSpec& spec, int max_batch_size) {
  batch_size_ = spec.batch_size() == 0 ? kDefaultBatchSize : spec.batch_size();
  if (batch_size_ < 1 || batch_size_ > max_batch_size) {
    return InvalidField("batch_size", "OUT_OF_RANGE",
                        absl::StrCat("batch_size ", batch_size_, " must lie in [1, ", max_batch_size, "]"));
  }
  if (!v1::LastBatch_IsValid(spec.last_batch())) {
    return InvalidField("last_batch", "UNKNOWN_VALUE", absl::StrCat(spec.last_batch(), " is no LastBatch"));
  }
  if (spec.last_batch() != v1::LAST_BATCH_UNSPECIFIED) last_batch_ = spec.last_batch();
  ASSIGN_OR_RETURN(labels_, ToLabels(spec));
  return absl::OkStatus();
}

int64_t StreamPlan::batches_per_epoch() const {
  const int64_t full = images_per_epoch() / batch_size_;
  return last_batch_ == v1::LAST_BATCH_DROP || images_per_epoch() % batch_size_ == 0 ? full : full + 1;
}

int StreamPlan::ImagesOf(int64_t batch) const {
  if (last_batch_ != v1::LAST_BATCH_PARTIAL) return batch_size_;
  return static_cast<int>(std::min<int64_t>(batch_size_, images_per_epoch() - batch * batch_size_));
}

PlannedImage StreamPlan::Plan(int64_t epoch, int64_t batch, int offset, int attempt, absl::Span<float> dense) const {
  // FILL goes on with the epoch's first images.
  const int64_t place = (batch * batch_size_ + offset) % images_per_epoch();
  return places_.IsReal(place) ? PlanReal(epoch, place, dense) : PlanRendered(epoch, place, attempt, dense);
}

int64_t StreamPlan::Shuffled(int64_t i, int64_t size, absl::string_view purpose, int64_t round) const {
  return shuffle_ ? static_cast<int64_t>(IndexPermutation(size, shuffle_seed_, purpose, round)(i)) : i;
}

PlannedImage StreamPlan::PlanReal(int64_t epoch, int64_t place, absl::Span<float> dense) const {
  // Numbers the real images of all epochs, so that each comes once before any
  // comes again; wraps only after 2^64 of them, as the numbers below do.
  const uint64_t number = static_cast<uint64_t>(epoch) * places_.real() + places_.RealBefore(place);
  const uint64_t count = real_->size();
  const int64_t which = Shuffled(number % count, count, "stream.real", number / count);
  PlannedImage image;
  image.real = true;
  image.index = real_->image(which);
  image.number = number;
  CounterRandom random(augmentation_seed_, "stream.change.real", number);
  image.change = changes_.Draw(random);
  real_->Write(which, dense);
  return image;
}

PlannedImage StreamPlan::PlanRendered(int64_t epoch, int64_t place, int attempt, absl::Span<float> dense) const {
  const int64_t count = combinations_.size();
  PlannedImage image;
  image.index = Shuffled(place - places_.RealBefore(place), count, "stream.shuffle", epoch);
  image.number = static_cast<uint64_t>(epoch) * count + image.index;
  if (attempt > 0) {
    image.number = image.number * kMaxAttempts + attempt;
    image.index = static_cast<int64_t>(CounterRandom(shuffle_seed_, "stream.replace", image.number).NextBelow(count));
  }
  CounterRandom random(augmentation_seed_, attempt == 0 ? "stream.augment" : "stream.augment.again", image.number);
  image.change = changes_.Draw(random);
  combinations_.Write(image.index, random, dense);
  return image;
}

CounterRandom StreamPlan::NoiseOf(const PlannedImage& image) const {
  return CounterRandom(augmentation_seed_, image.real ? "stream.noise.real" : "stream.noise", image.number);
}

}  // namespace facet::model
