// SPDX-License-Identifier: Apache-2.0
#include "model/augment/combinations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

// Leaves room for products of positions and sizes in 64 bits.
constexpr int64_t kMaxImagesPerEpoch = int64_t{1} << 48;

v1::FeatureRecipe Expand(const v1::AllPairs& all_pairs) {
  v1::FeatureRecipe recipe;
  recipe.set_feature(all_pairs.feature());
  v1::PairMix& pairs = *recipe.mutable_pairs();
  pairs.set_fixed(0.5f);
  pairs.set_ordered(!all_pairs.distinct());
  pairs.set_across(v1::MIX_ACROSS_EITHER);
  return recipe;
}

absl::Status CheckRepeats(int repeats) {
  if (repeats >= 0) return absl::OkStatus();
  return InvalidField("repeats", "OUT_OF_RANGE", "repeats must be at least 0 (meaning 1)");
}

}  // namespace

absl::StatusOr<Combinations> Combinations::Create(const v1::StreamRecipe& recipe, const FeatureSchema& schema) {
  Combinations combinations;
  combinations.schema_ = schema;
  Mistakes mistakes;
  mistakes.Add(combinations.ReadFeatures(recipe));
  combinations.share_ratio_ = recipe.share_ratio();
  const bool has_features = mistakes.none();
  if (has_features) mistakes.Add(combinations.CheckSharedRatio());
  const absl::Status repeats = CheckRepeats(recipe.repeats());
  mistakes.Add(repeats);
  if (has_features && repeats.ok()) mistakes.Add(combinations.Count(recipe.repeats()));
  RETURN_IF_ERROR(mistakes.ToStatus());
  return combinations;
}

absl::Status Combinations::ReadFeatures(const v1::StreamRecipe& recipe) {
  for (int i = 0; i < schema_.size(); ++i) items_.push_back(FeatureItems::AllClasses(schema_, i));
  std::vector<bool> given(schema_.size());
  const auto add = [&](const v1::FeatureRecipe& feature_recipe, const std::string& path) {
    auto items = FeatureItems::Create(schema_, feature_recipe);
    if (!items.ok()) return PrefixField(items.status(), path);
    const int feature = items->feature();
    if (given[feature]) {
      return InvalidField(absl::StrCat(path, ".feature"), "DUPLICATE_FEATURE",
                          absl::StrCat("feature '", feature_recipe.feature(), "' is there twice"));
    }
    given[feature] = true;
    items_[feature] = *std::move(items);
    return absl::OkStatus();
  };
  Mistakes mistakes;
  for (int i = 0; i < recipe.features_size() && !mistakes.full(); ++i) {
    mistakes.Add(add(recipe.features(i), absl::StrCat("features[", i, "]")));
  }
  if (recipe.has_all_pairs()) mistakes.Add(add(Expand(recipe.all_pairs()), "all_pairs"));
  return mistakes.ToStatus();
}

absl::Status Combinations::CheckSharedRatio() const {
  if (!share_ratio_) return absl::OkStatus();
  const MixRatio* first = nullptr;
  for (const FeatureItems& items : items_) {
    if (items.ratio() == nullptr) continue;
    if (first == nullptr) first = items.ratio();
    if (!(*items.ratio() == *first)) {
      return InvalidField("share_ratio", "RATIOS_DIFFER",
                          absl::StrCat("the mix of '", schema_.features()[items.feature()].name,
                                       "' has another ratio than the mix before it; they cannot share one"));
    }
  }
  if (first != nullptr) return absl::OkStatus();
  return InvalidField("share_ratio", "NO_MIX", "no feature is mixed, so there is no ratio to share");
}

absl::Status Combinations::Count(int repeats) {
  size_ = std::max(1, repeats);
  for (const FeatureItems& items : items_) {
    if (items.sampled()) continue;
    if (items.size() > kMaxImagesPerEpoch / size_) {
      return InvalidField("features", "TOO_MANY_IMAGES",
                          "an epoch would have over 2^48 images; name fewer classes, or sample a feature");
    }
    size_ *= items.size();
  }
  return absl::OkStatus();
}

void Combinations::Write(int64_t i, CounterRandom& random, absl::Span<float> dense) const {
  std::fill(dense.begin(), dense.end(), 0.0f);
  std::optional<MixRatio::Weights> shared;
  for (auto items = items_.rbegin(); items != items_.rend(); ++items) {
    MixRatio::Weights parents{};
    if (items->ratio() != nullptr) {
      parents = shared.has_value() ? *shared : items->ratio()->Draw(random);
      if (share_ratio_) shared = parents;
    }
    int64_t item = 0;
    if (items->sampled()) {
      item = static_cast<int64_t>(random.NextBelow(items->size()));
    } else {
      item = i % items->size();
      i /= items->size();
    }
    const size_t classes = schema_.features()[items->feature()].classes.size();
    items->Write(item, parents, dense.subspan(schema_.offset(items->feature()), classes));
  }
}

}  // namespace facet::model
