// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_FEATURES_SCHEMA_H_
#define FACET_MODEL_FEATURES_SCHEMA_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// A named categorical attribute and its classes, in index order.
struct Feature {
  std::string name;
  std::vector<std::string> classes;
  bool operator==(const Feature&) const = default;
};

// The features of a data set or model. A dense feature vector lays them out in
// this order, classes in index order: total_classes() floats. Immutable value.
class FeatureSchema {
 public:
  FeatureSchema() = default;

  // INVALID_ARGUMENT with a field path such as "features[1].classes[3]": a bad
  // or doubled name, no features, no classes, over 64 features or 65536 classes.
  static absl::StatusOr<FeatureSchema> Create(std::vector<Feature> features);

  const std::vector<Feature>& features() const { return features_; }
  int size() const { return static_cast<int>(features_.size()); }
  int total_classes() const { return total_classes_; }
  // Where the classes of feature `index` begin in a dense vector.
  int offset(int index) const { return offsets_[index]; }

  // INVALID_ARGUMENT (field "", reason UNKNOWN_FEATURE or UNKNOWN_CLASS) names
  // the nearest and lists what there is.
  absl::StatusOr<int> FindFeature(absl::string_view name) const;
  absl::StatusOr<int> FindClass(int feature, absl::string_view name) const;

  bool operator==(const FeatureSchema&) const = default;

 private:
  std::vector<Feature> features_;
  std::vector<int> offsets_;
  int total_classes_ = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_FEATURES_SCHEMA_H_
