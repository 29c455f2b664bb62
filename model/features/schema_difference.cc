// SPDX-License-Identifier: Apache-2.0
#include "model/features/schema_difference.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace facet::model {
namespace {

bool Has(const FeatureSchema& schema, const std::string& name) {
  return std::any_of(schema.features().begin(), schema.features().end(),
                     [&](const Feature& feature) { return feature.name == name; });
}

std::string DescribeClasses(const Feature& feature, const Feature& other) {
  if (feature.classes.size() != other.classes.size()) {
    return absl::StrCat(other.classes.size(), " classes of '", feature.name, "' and not ", feature.classes.size());
  }
  for (size_t i = 0; i < feature.classes.size(); ++i) {
    if (feature.classes[i] == other.classes[i]) continue;
    return absl::StrCat("class '", other.classes[i], "' of '", feature.name, "' and not '", feature.classes[i], "'");
  }
  return "";
}

}  // namespace

std::string DescribeDifference(const FeatureSchema& schema, const FeatureSchema& other) {
  for (const Feature& feature : schema.features()) {
    if (!Has(other, feature.name)) return absl::StrCat("no feature '", feature.name, "'");
  }
  for (const Feature& feature : other.features()) {
    if (!Has(schema, feature.name)) return absl::StrCat("a feature '", feature.name, "' more");
  }
  for (int f = 0; f < schema.size(); ++f) {
    const Feature& feature = schema.features()[f];
    const Feature& at_its_place = other.features()[f];
    if (feature.name != at_its_place.name) {
      return absl::StrCat("feature '", at_its_place.name, "' in the place of '", feature.name, "'");
    }
    std::string difference = DescribeClasses(feature, at_its_place);
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace facet::model
