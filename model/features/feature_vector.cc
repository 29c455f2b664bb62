// SPDX-License-Identifier: Apache-2.0
#include "model/features/feature_vector.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

// Far above any use, and far below what a net would make infinite.
constexpr float kMaxPlainWeight = 1e6f;

absl::Status CheckWeight(float weight) {
  if (std::isfinite(weight) && weight >= 0) return absl::OkStatus();
  return InvalidField("", "BAD_WEIGHT", absl::StrCat("weight ", weight, " must be finite and at least 0"));
}

// The class that a weight is for. The field path is empty or one name.
absl::StatusOr<int> ResolveClass(const FeatureSchema& schema, int feature, const v1::ClassWeight& weight) {
  switch (weight.selector_case()) {
    case v1::ClassWeight::kClass: {
      auto found = schema.FindClass(feature, weight.class_());
      if (!found.ok()) return PrefixField(found.status(), "class");
      return *found;
    }
    case v1::ClassWeight::kIndex: {
      const Feature& named = schema.features()[feature];
      const int count = static_cast<int>(named.classes.size());
      if (weight.index() >= 0 && weight.index() < count) return weight.index();
      return InvalidField("index", "UNKNOWN_CLASS",
                          absl::StrCat("feature '", named.name, "' has no class with index ", weight.index(),
                                       "; indices are 0 to ", count - 1));
    }
    case v1::ClassWeight::SELECTOR_NOT_SET:
      break;
  }
  return InvalidField("", "MISSING_CLASS", "a weight needs a class, by name or by index");
}

// Scales the weights of one feature to sum to 1 where asked, else bounds them.
absl::Status FinishFeature(const Feature& feature, bool normalize, absl::Span<float> weights) {
  double sum = 0;
  for (const float weight : weights) sum += weight;
  if (sum <= 0) {
    return InvalidField("", "ZERO_WEIGHTS", absl::StrCat("the weights of feature '", feature.name, "' sum to 0"));
  }
  if (normalize) {
    for (float& weight : weights) weight = static_cast<float>(weight / sum);
    return absl::OkStatus();
  }
  const float most = *std::max_element(weights.begin(), weights.end());
  if (most <= kMaxPlainWeight) return absl::OkStatus();
  return InvalidField("", "BAD_WEIGHT",
                      absl::StrCat("weight ", most, " of feature '", feature.name, "' must be at most ",
                                   kMaxPlainWeight, " where normalize is off"));
}

// Writes what one entry says into `weights`, the part of its feature.
absl::Status ResolveWeights(const FeatureSchema& schema, int feature, const v1::FeatureWeights& entry,
                            absl::Span<float> weights) {
  std::vector<bool> given(weights.size());
  for (int i = 0; i < entry.weights_size(); ++i) {
    const v1::ClassWeight& weight = entry.weights(i);
    const std::string path = absl::StrCat("weights[", i, "]");
    auto found = ResolveClass(schema, feature, weight);
    if (!found.ok()) return PrefixField(found.status(), path);
    if (given[*found]) {
      return InvalidField(path, "DUPLICATE_CLASS",
                          absl::StrCat("class '", schema.features()[feature].classes[*found], "' of feature '",
                                       entry.feature(), "' is given twice"));
    }
    const float value = weight.has_weight() ? weight.weight() : 1.0f;
    RETURN_IF_ERROR(PrefixField(CheckWeight(value), absl::StrCat(path, ".weight")));
    given[*found] = true;
    weights[*found] = value;
  }
  return absl::OkStatus();
}

absl::Status MissingFeatures(const FeatureSchema& schema, const std::vector<bool>& given) {
  std::vector<std::string> missing;
  for (int i = 0; i < schema.size(); ++i) {
    if (!given[i]) missing.push_back(absl::StrCat("'", schema.features()[i].name, "'"));
  }
  return InvalidField("features", "MISSING_FEATURE",
                      absl::StrCat("every feature needs weights; missing: ", absl::StrJoin(missing, ", ")));
}

absl::Span<float> PartOf(const FeatureSchema& schema, int feature, absl::Span<float> dense) {
  return dense.subspan(schema.offset(feature), schema.features()[feature].classes.size());
}

absl::Status ResolveNamed(const FeatureSchema& schema, const v1::FeatureVector& vector, bool normalize,
                          absl::Span<float> dense) {
  std::fill(dense.begin(), dense.end(), 0.0f);
  std::vector<bool> given(schema.size());
  for (int i = 0; i < vector.features_size(); ++i) {
    const v1::FeatureWeights& entry = vector.features(i);
    const std::string path = absl::StrCat("features[", i, "]");
    auto feature = schema.FindFeature(entry.feature());
    if (!feature.ok()) return PrefixField(feature.status(), absl::StrCat(path, ".feature"));
    if (given[*feature]) {
      return InvalidField(absl::StrCat(path, ".feature"), "DUPLICATE_FEATURE",
                          absl::StrCat("feature '", entry.feature(), "' is given twice"));
    }
    given[*feature] = true;
    if (entry.weights().empty()) {
      return InvalidField(absl::StrCat(path, ".weights"), "MISSING_WEIGHTS",
                          absl::StrCat("feature '", entry.feature(), "' needs at least one weight"));
    }
    const absl::Span<float> weights = PartOf(schema, *feature, dense);
    RETURN_IF_ERROR(PrefixField(ResolveWeights(schema, *feature, entry, weights), path));
    RETURN_IF_ERROR(
        PrefixField(FinishFeature(schema.features()[*feature], normalize, weights), absl::StrCat(path, ".weights")));
  }
  if (vector.features_size() < schema.size()) return MissingFeatures(schema, given);
  return absl::OkStatus();
}

absl::Status ResolveDense(const FeatureSchema& schema, const v1::FeatureVector& vector, bool normalize,
                          absl::Span<float> dense) {
  if (vector.dense_size() != schema.total_classes()) {
    return InvalidField(
        "dense", "BAD_LENGTH",
        absl::StrCat("a dense vector has ", schema.total_classes(), " weights, not ", vector.dense_size()));
  }
  for (int i = 0; i < vector.dense_size(); ++i) {
    RETURN_IF_ERROR(PrefixField(CheckWeight(vector.dense(i)), absl::StrCat("dense[", i, "]")));
    dense[i] = vector.dense(i);
  }
  for (int i = 0; i < schema.size(); ++i) {
    RETURN_IF_ERROR(PrefixField(FinishFeature(schema.features()[i], normalize, PartOf(schema, i, dense)), "dense"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ResolveFeatureVector(const FeatureSchema& schema, const v1::FeatureVector& vector,
                                  absl::Span<float> dense) {
  assert(static_cast<int>(dense.size()) == schema.total_classes());
  const bool normalize = !vector.has_normalize() || vector.normalize();
  if (vector.dense().empty()) return ResolveNamed(schema, vector, normalize, dense);
  if (!vector.features().empty()) {
    return InvalidField("dense", "CONFLICTING_FIELDS", "give 'features' or 'dense', not both");
  }
  return ResolveDense(schema, vector, normalize, dense);
}

}  // namespace facet::model
