// SPDX-License-Identifier: Apache-2.0
#include "model/augment/stream_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

// Attempts that the number of an image has room for.
constexpr uint64_t kMaxAttempts = 32;

absl::StatusOr<std::vector<v1::LabelForm>> ToLabels(const v1::StreamSpec& spec) {
  std::vector<v1::LabelForm> labels;
  Mistakes mistakes;
  for (int i = 0; i < spec.labels_size() && !mistakes.full(); ++i) {
    const auto form = spec.labels(i);
    const std::string field = absl::StrCat("labels[", i, "]");
    if (form == v1::LABEL_FORM_UNSPECIFIED || !v1::LabelForm_IsValid(form)) {
      mistakes.Add(InvalidField(field, "UNKNOWN_LABEL_FORM", absl::StrCat(static_cast<int>(form), " is no LabelForm")));
      continue;
    }
    if (std::find(labels.begin(), labels.end(), form) != labels.end()) {
      mistakes.Add(
          InvalidField(field, "DUPLICATE_LABEL_FORM", absl::StrCat(v1::LabelForm_Name(form), " is listed twice")));
    }
    labels.push_back(static_cast<v1::LabelForm>(form));
  }
  RETURN_IF_ERROR(mistakes.ToStatus());
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
  Mistakes mistakes;
  auto combinations = Combinations::Create(spec.recipe(), schema);
  mistakes.Add(combinations.status(), "recipe");
  auto changes = ImageChanges::Create(spec.recipe().transforms());
  mistakes.Add(changes.status(), "recipe.transforms");
  if (spec.recipe().has_real()) mistakes.Add(CheckShare(spec.recipe().real().share()), "recipe");
  Delivery delivery;
  mistakes.Take(ReadDelivery(spec, max_batch_size), delivery);
  RETURN_IF_ERROR(mistakes.ToStatus());
  StreamPlan plan(*std::move(combinations), *std::move(changes), std::move(delivery));
  plan.places_ = Interleaving(plan.combinations_.size());
  if (spec.recipe().has_real()) {
    const double share = spec.recipe().real().share();
    // Before it is a whole number, which may be too small for it.
    if (static_cast<double>(plan.combinations_.size()) / (1 - share) > 0x1p50) {
      return InvalidField("recipe.real.share", "TOO_MANY_IMAGES", "an epoch would have over 2^50 images");
    }
    plan.places_ = Interleaving(plan.combinations_.size(), share);
    plan.real_ = std::move(real);
  }
  plan.shuffle_ = !spec.recipe().has_shuffle() || spec.recipe().shuffle();
  plan.shuffle_seed_ = spec.shuffle_seed();
  plan.augmentation_seed_ = spec.augmentation_seed();
  return plan;
}

absl::StatusOr<StreamPlan::Delivery> StreamPlan::ReadDelivery(const v1::StreamSpec& spec, int max_batch_size) {
  Mistakes mistakes;
  Delivery delivery;
  if (spec.batch_size() != 0) delivery.batch_size = spec.batch_size();
  if (delivery.batch_size < 1 || delivery.batch_size > max_batch_size) {
    mistakes.Add(
        InvalidField("batch_size", "OUT_OF_RANGE",
                     absl::StrCat("batch_size ", delivery.batch_size, " must lie in [1, ", max_batch_size, "]")));
  }
  if (!v1::LastBatch_IsValid(spec.last_batch())) {
    mistakes.Add(InvalidField("last_batch", "UNKNOWN_VALUE", absl::StrCat(spec.last_batch(), " is no LastBatch")));
  }
  if (spec.last_batch() != v1::LAST_BATCH_UNSPECIFIED) delivery.last_batch = spec.last_batch();
  mistakes.Take(ToLabels(spec), delivery.labels);
  RETURN_IF_ERROR(mistakes.ToStatus());
  return delivery;
}

int64_t StreamPlan::batches_per_epoch() const {
  const int64_t full = images_per_epoch() / delivery_.batch_size;
  const bool whole = images_per_epoch() % delivery_.batch_size == 0;
  return whole || delivery_.last_batch == v1::LAST_BATCH_DROP ? full : full + 1;
}

int StreamPlan::ImagesOf(int64_t batch) const {
  if (delivery_.last_batch != v1::LAST_BATCH_PARTIAL) return delivery_.batch_size;
  return static_cast<int>(std::min<int64_t>(delivery_.batch_size, images_per_epoch() - batch * delivery_.batch_size));
}

PlannedImage StreamPlan::Plan(int64_t epoch, int64_t batch, int offset, int attempt, absl::Span<float> dense) const {
  // FILL goes on with the epoch's first images.
  const int64_t place = (batch * delivery_.batch_size + offset) % images_per_epoch();
  return places_.IsReal(place) ? PlanReal(epoch, place, dense) : PlanRendered(epoch, place, attempt, dense);
}

int64_t StreamPlan::Shuffled(int64_t i, int64_t size, absl::string_view purpose, int64_t round) const {
  return shuffle_ ? static_cast<int64_t>(IndexPermutation(size, shuffle_seed_, purpose, round)(i)) : i;
}

PlannedImage StreamPlan::PlanReal(int64_t epoch, int64_t place, absl::Span<float> dense) const {
  // Numbers the real images of all epochs, so that each comes once before any
  // comes again. Those that DROP leaves out count: how many depends on the world
  // size, and the order must not. Wraps only after 2^64 of them, as the numbers
  // below do.
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
