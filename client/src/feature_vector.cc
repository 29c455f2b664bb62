// SPDX-License-Identifier: Apache-2.0
#include "facet/client/feature_vector.h"

#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace facet::client {
namespace {

absl::Status BadSetting(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "': ", why, "; write feature=class or feature=class:0.5,other:0.5"));
}

// A class name may itself hold a colon where a weight follows: the weight is
// what stands behind the last one.
absl::StatusOr<v1::ClassWeight> ParseClass(absl::string_view text, absl::string_view whole) {
  v1::ClassWeight result;
  const size_t colon = text.rfind(':');
  if (colon != absl::string_view::npos) {
    float weight = 0;
    if (!absl::SimpleAtof(text.substr(colon + 1), &weight)) {
      return BadSetting(whole, absl::StrCat("the weight '", text.substr(colon + 1), "' is no number"));
    }
    result.set_weight(weight);
    text = text.substr(0, colon);
  }
  if (text.empty()) return BadSetting(whole, "a class is empty");
  if (absl::ConsumePrefix(&text, "#")) {
    int index = 0;
    if (!absl::SimpleAtoi(text, &index)) return BadSetting(whole, absl::StrCat("'#", text, "' is no class index"));
    result.set_index(index);
  } else {
    result.set_class_(std::string(text));
  }
  return result;
}

// Identifies a class within its feature.
using ClassKey = std::pair<std::string, int>;

ClassKey KeyOf(const v1::ClassWeight& weight) {
  return weight.has_index() ? ClassKey("", weight.index()) : ClassKey(weight.class_(), -1);
}

void AddScaled(const v1::FeatureWeights& weights, float scale, std::map<ClassKey, float>& sums) {
  float total = 0;
  for (const auto& weight : weights.weights()) total += weight.has_weight() ? weight.weight() : 1.0f;
  if (total == 0) total = 1;
  for (const auto& weight : weights.weights()) {
    sums[KeyOf(weight)] += scale * (weight.has_weight() ? weight.weight() : 1.0f) / total;
  }
}

const v1::FeatureWeights* Find(const v1::FeatureVector& vector, const std::string& feature) {
  for (const auto& weights : vector.features()) {
    if (weights.feature() == feature) return &weights;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<v1::FeatureWeights> ParseFeatureWeights(absl::string_view text) {
  const size_t equals = text.find('=');
  const absl::string_view feature = absl::StripAsciiWhitespace(text.substr(0, equals));
  if (equals == absl::string_view::npos || feature.empty()) return BadSetting(text, "there is no 'feature='");
  v1::FeatureWeights result;
  result.set_feature(std::string(feature));
  for (const absl::string_view part : absl::StrSplit(text.substr(equals + 1), ',')) {
    ASSIGN_OR_RETURN(*result.add_weights(), ParseClass(absl::StripAsciiWhitespace(part), text));
  }
  return result;
}

absl::StatusOr<v1::FeatureVector> ParseFeatureVector(const std::vector<std::string>& settings) {
  v1::FeatureVector result;
  std::set<std::string> seen;
  for (const std::string& setting : settings) {
    ASSIGN_OR_RETURN(v1::FeatureWeights weights, ParseFeatureWeights(setting));
    if (!seen.insert(weights.feature()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature '", weights.feature(), "' is set twice; mix classes with feature=a:0.5,b:0.5"));
    }
    *result.add_features() = std::move(weights);
  }
  return result;
}

absl::StatusOr<v1::FeatureVector> Interpolate(const v1::FeatureVector& a, const v1::FeatureVector& b, float t) {
  if (a.dense_size() > 0 || b.dense_size() > 0) {
    return absl::InvalidArgumentError("dense vectors are blended by their owner; give features and classes");
  }
  if (a.features_size() != b.features_size()) {
    return absl::InvalidArgumentError("the two ends set different features; set the same ones for both");
  }
  v1::FeatureVector result;
  for (const auto& from : a.features()) {
    const v1::FeatureWeights* to = Find(b, from.feature());
    if (to == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature '", from.feature(), "' is set for one end only; set it for both"));
    }
    std::map<ClassKey, float> sums;
    AddScaled(from, 1 - t, sums);
    AddScaled(*to, t, sums);
    auto* blended = result.add_features();
    blended->set_feature(from.feature());
    bool names = false, indices = false;
    for (const auto& [key, weight] : sums) {
      auto* entry = blended->add_weights();
      if (key.second >= 0) {
        entry->set_index(key.second);
        indices = true;
      } else {
        entry->set_class_(key.first);
        names = true;
      }
      entry->set_weight(weight);
    }
    if (names && indices) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature '", from.feature(), "' is set by name at one end and by index at the other"));
    }
  }
  return result;
}

}  // namespace facet::client
