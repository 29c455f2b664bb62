// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_FEATURE_VECTOR_H_
#define FACET_CLIENT_FEATURE_VECTOR_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "facet/v1/feature.pb.h"

namespace facet::client {

// Reads `feature=class` or a mix `feature=class:weight,class:weight`; a class
// `#3` is an index. INVALID_ARGUMENT shows what is wrong in the text and how it
// should look; whether features and classes exist only the server knows.
absl::StatusOr<v1::FeatureWeights> ParseFeatureWeights(absl::string_view text);

// One setting a feature. INVALID_ARGUMENT: a feature twice.
absl::StatusOr<v1::FeatureVector> ParseFeatureVector(const std::vector<std::string>& settings);

// The vector at `t` in [0, 1] on the way from `a` to `b`: weights of each
// feature, divided by their sum, blended linearly. INVALID_ARGUMENT: other
// features in one than in the other, classes by name in one and by index in the
// other, or a dense vector.
absl::StatusOr<v1::FeatureVector> Interpolate(const v1::FeatureVector& a, const v1::FeatureVector& b, float t);

}  // namespace facet::client

#endif  // FACET_CLIENT_FEATURE_VECTOR_H_
