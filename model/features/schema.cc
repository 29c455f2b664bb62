// SPDX-License-Identifier: Apache-2.0
#include "model/features/schema.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "model/features/text.h"

namespace facet::model {
namespace {

constexpr size_t kMaxFeatures = 64;
// Labels on disk are 16 bits wide.
constexpr size_t kMaxClasses = 65536;
constexpr size_t kMaxClassNameBytes = 128;

bool IsControl(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }

// Class names end in file formats of lines, terminals and web pages.
absl::Status ValidateClassName(absl::string_view name) {
  if (name.empty()) return InvalidField("", "BAD_CLASS_NAME", "a class name must not be empty");
  if (name.size() > kMaxClassNameBytes) {
    return InvalidField("", "BAD_CLASS_NAME",
                        absl::StrCat("class name '", ShownText(name), "' has ", name.size(), " bytes; at most ",
                                     kMaxClassNameBytes, " are allowed"));
  }
  if (!IsValidUtf8(name) || std::any_of(name.begin(), name.end(), IsControl)) {
    return InvalidField("", "BAD_CLASS_NAME",
                        absl::StrCat("class name '", ShownText(name), "' must be UTF-8 without control characters"));
  }
  return absl::OkStatus();
}

absl::Status ValidateClasses(const Feature& feature) {
  if (feature.classes.empty()) {
    return InvalidField("classes", "NO_CLASSES", absl::StrCat("feature '", feature.name, "' needs at least one class"));
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t i = 0; i < feature.classes.size(); ++i) {
    const std::string path = absl::StrCat("classes[", i, "]");
    RETURN_IF_ERROR(PrefixField(ValidateClassName(feature.classes[i]), path));
    if (!seen.insert(feature.classes[i]).second) {
      return InvalidField(
          path, "DUPLICATE_CLASS",
          absl::StrCat("class '", ShownText(feature.classes[i]), "' of feature '", feature.name, "' is there twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateFeature(const Feature& feature) {
  RETURN_IF_ERROR(PrefixField(ValidateFeatureName(feature.name), "name"));
  return ValidateClasses(feature);
}

absl::Status ValidateCounts(const std::vector<Feature>& features) {
  if (features.empty()) {
    return InvalidField("features", "NO_FEATURES", "a schema needs at least one feature");
  }
  if (features.size() > kMaxFeatures) {
    return InvalidField("features", "TOO_MANY_FEATURES",
                        absl::StrCat(features.size(), " features; at most ", kMaxFeatures, " are allowed"));
  }
  size_t classes = 0;
  for (const Feature& feature : features) classes += feature.classes.size();
  if (classes > kMaxClasses) {
    return InvalidField("features", "TOO_MANY_CLASSES",
                        absl::StrCat(classes, " classes in all; at most ", kMaxClasses, " are allowed"));
  }
  return absl::OkStatus();
}

std::vector<std::string> NamesOf(const std::vector<Feature>& features) {
  std::vector<std::string> names;
  names.reserve(features.size());
  for (const Feature& feature : features) names.push_back(feature.name);
  return names;
}

}  // namespace

absl::StatusOr<FeatureSchema> FeatureSchema::Create(std::vector<Feature> features) {
  RETURN_IF_ERROR(ValidateCounts(features));
  FeatureSchema schema;
  absl::flat_hash_set<absl::string_view> names;
  for (size_t i = 0; i < features.size(); ++i) {
    const std::string path = absl::StrCat("features[", i, "]");
    RETURN_IF_ERROR(PrefixField(ValidateFeature(features[i]), path));
    if (!names.insert(features[i].name).second) {
      return InvalidField(absl::StrCat(path, ".name"), "DUPLICATE_FEATURE",
                          absl::StrCat("feature '", features[i].name, "' is there twice"));
    }
    schema.offsets_.push_back(schema.total_classes_);
    schema.total_classes_ += static_cast<int>(features[i].classes.size());
  }
  schema.features_ = std::move(features);
  return schema;
}

absl::StatusOr<int> FeatureSchema::FindFeature(absl::string_view name) const {
  for (int i = 0; i < size(); ++i) {
    if (features_[i].name == name) return i;
  }
  const std::string wrong =
      name.empty() ? "no feature is named" : absl::StrCat("there is no feature '", ShownText(name), "'");
  return InvalidField("", "UNKNOWN_FEATURE", absl::StrCat(wrong, ". ", SuggestNames(name, NamesOf(features_))));
}

absl::StatusOr<int> FeatureSchema::FindClass(int feature, absl::string_view name) const {
  const Feature& found = features_[feature];
  for (size_t i = 0; i < found.classes.size(); ++i) {
    if (found.classes[i] == name) return static_cast<int>(i);
  }
  return InvalidField("", "UNKNOWN_CLASS",
                      absl::StrCat("feature '", found.name, "' has no class '", ShownText(name), "'. ",
                                   SuggestNames(name, found.classes)));
}

}  // namespace facet::model
