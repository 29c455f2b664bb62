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
// Leaves room for products of positions and sizes in 64 bits.
constexpr int64_t kMaxImagesPerEpoch = int64_t{1} << 48;

absl::StatusOr<SquareTransform> ToTransform(v1::SquareTransform transform) {
  const int element = static_cast<int>(transform) - static_cast<int>(v1::SQUARE_TRANSFORM_IDENTITY);
  if (element < 0 || element >= 8) {
    return InvalidField("", "UNKNOWN_TRANSFORM", absl::StrCat(static_cast<int>(transform), " is no SquareTransform"));
  }
  return SquareTransform{element % 4, element >= 4};
}

absl::StatusOr<std::vector<SquareTransform>> ToTransforms(const v1::TransformRecipe& recipe) {
  std::vector<SquareTransform> transforms;
  for (int i = 0; i < recipe.square_size(); ++i) {
    auto transform = ToTransform(recipe.square(i));
    if (!transform.ok()) return PrefixField(transform.status(), absl::StrCat("square[", i, "]"));
    if (std::find(transforms.begin(), transforms.end(), *transform) != transforms.end()) {
      return InvalidField(absl::StrCat("square[", i, "]"), "DUPLICATE_TRANSFORM", "the transform is listed twice");
    }
    transforms.push_back(*transform);
  }
  if (transforms.empty()) transforms.emplace_back();
  return transforms;
}

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

template <typename Enum>
absl::Status CheckEnum(bool valid, Enum value, absl::string_view field) {
  if (valid) return absl::OkStatus();
  return InvalidField(field, "UNKNOWN_VALUE", absl::StrCat(static_cast<int>(value), " is not a value of it"));
}

}  // namespace

absl::StatusOr<StreamPlan> StreamPlan::Create(const v1::StreamSpec& spec, const FeatureSchema& schema,
                                              int max_batch_size) {
  StreamPlan plan;
  plan.schema_ = schema;
  RETURN_IF_ERROR(PrefixField(plan.ReadRecipe(spec.recipe()), "recipe"));
  RETURN_IF_ERROR(plan.ReadDelivery(spec, max_batch_size));
  plan.shuffle_seed_ = spec.shuffle_seed();
  plan.augmentation_seed_ = spec.augmentation_seed();
  return plan;
}

absl::Status StreamPlan::ReadRecipe(const v1::StreamRecipe& recipe) {
  for (int i = 0; i < schema_.size(); ++i) items_.push_back(FeatureItems::AllClasses(schema_, i));
  std::vector<bool> given(schema_.size());
  for (int i = 0; i < recipe.features_size(); ++i) {
    const std::string path = absl::StrCat("features[", i, "]");
    auto items = FeatureItems::Create(schema_, recipe.features(i));
    if (!items.ok()) return PrefixField(items.status(), path);
    const int feature = items->feature();
    if (given[feature]) {
      return InvalidField(absl::StrCat(path, ".feature"), "DUPLICATE_FEATURE",
                          absl::StrCat("feature '", recipe.features(i).feature(), "' is there twice"));
    }
    given[feature] = true;
    items_[feature] = *std::move(items);
  }
  auto transforms = ToTransforms(recipe.transforms());
  if (!transforms.ok()) return PrefixField(transforms.status(), "transforms");
  transforms_ = *std::move(transforms);
  shuffle_ = !recipe.has_shuffle() || recipe.shuffle();
  if (recipe.repeats() < 0) return InvalidField("repeats", "OUT_OF_RANGE", "repeats must be at least 0 (meaning 1)");
  images_ = std::max(1, recipe.repeats());
  for (const FeatureItems& items : items_) {
    if (items.size() > kMaxImagesPerEpoch / images_) {
      return InvalidField("features", "TOO_MANY_IMAGES", "an epoch would have over 2^48 images; name fewer classes");
    }
    images_ *= items.size();
  }
  return absl::OkStatus();
}

absl::Status StreamPlan::ReadDelivery(const v1::StreamSpec& spec, int max_batch_size) {
  batch_size_ = spec.batch_size() == 0 ? kDefaultBatchSize : spec.batch_size();
  if (batch_size_ < 1 || batch_size_ > max_batch_size) {
    return InvalidField("batch_size", "OUT_OF_RANGE",
                        absl::StrCat("batch_size ", batch_size_, " must lie in [1, ", max_batch_size, "]"));
  }
  RETURN_IF_ERROR(CheckEnum(v1::PixelType_IsValid(spec.pixel_type()), spec.pixel_type(), "pixel_type"));
  RETURN_IF_ERROR(CheckEnum(v1::PixelLayout_IsValid(spec.layout()), spec.layout(), "layout"));
  RETURN_IF_ERROR(CheckEnum(v1::LastBatch_IsValid(spec.last_batch()), spec.last_batch(), "last_batch"));
  if (spec.pixel_type() == v1::PIXEL_TYPE_FLOAT32) format_.type = PixelType::kFloat32;
  if (spec.layout() == v1::PIXEL_LAYOUT_NCHW) format_.layout = PixelLayout::kNchw;
  if (spec.last_batch() != v1::LAST_BATCH_UNSPECIFIED) last_batch_ = spec.last_batch();
  ASSIGN_OR_RETURN(labels_, ToLabels(spec));
  epochs_ = spec.epochs() == 0 ? 1 : spec.epochs();
  if (epochs_ < -1) return InvalidField("epochs", "OUT_OF_RANGE", "epochs must be at least 1, 0 for 1, or -1 for no end");
  if (spec.world_size() < 0) return InvalidField("world_size", "OUT_OF_RANGE", "world_size must be at least 1");
  const int world_size = std::max(1, spec.world_size());
  if (spec.rank() < 0 || spec.rank() >= world_size) {
    return InvalidField("rank", "OUT_OF_RANGE", absl::StrCat("rank must lie in [0, ", world_size, ")"));
  }
  if (world_size != 1) {
    return WithReason(absl::UnimplementedError("world_size above 1 is not served yet; split batches in the reader"),
                      "SHARDING_UNIMPLEMENTED");
  }
  return absl::OkStatus();
}

int64_t StreamPlan::batches_per_epoch() const {
  const int64_t full = images_ / batch_size_;
  return last_batch_ == v1::LAST_BATCH_DROP || images_ % batch_size_ == 0 ? full : full + 1;
}

int StreamPlan::ImagesOf(int64_t batch) const {
  if (last_batch_ != v1::LAST_BATCH_PARTIAL) return batch_size_;
  return static_cast<int>(std::min<int64_t>(batch_size_, images_ - batch * batch_size_));
}

bool StreamPlan::identity_only() const { return transforms_.size() == 1 && transforms_[0] == SquareTransform(); }

PlannedImage StreamPlan::Plan(int64_t epoch, int64_t batch, int offset, absl::Span<float> dense) const {
  // FILL goes on with the epoch's first images.
  const int64_t position = (batch * batch_size_ + offset) % images_;
  PlannedImage image;
  image.index = shuffle_ ? static_cast<int64_t>(IndexPermutation(images_, shuffle_seed_, "stream.shuffle", epoch)(position))
                         : position;
  // Numbers every image of every epoch; wraps only after 2^64 images.
  const uint64_t number = static_cast<uint64_t>(epoch) * static_cast<uint64_t>(images_) + image.index;
  CounterRandom random(augmentation_seed_, "stream.augment", number);
  image.transform = transforms_[random.NextBelow(transforms_.size())];
  std::fill(dense.begin(), dense.end(), 0.0f);
  int64_t rest = image.index;
  for (auto items = items_.rbegin(); items != items_.rend(); ++items) {
    const int feature = items->feature();
    const size_t classes = schema_.features()[feature].classes.size();
    items->Write(rest % items->size(), random, dense.subspan(schema_.offset(feature), classes));
    rest /= items->size();
  }
  return image;
}

}  // namespace facet::model
