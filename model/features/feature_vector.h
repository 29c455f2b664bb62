// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_FEATURES_FEATURE_VECTOR_H_
#define FACET_MODEL_FEATURES_FEATURE_VECTOR_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "facet/v1/feature.pb.h"
#include "model/features/schema.h"

namespace facet::model {

// Writes the weights of `vector` into `dense`, schema.total_classes() floats.
// INVALID_ARGUMENT as the comment of v1.FeatureVector says, with the field path
// below the vector, such as "features[0].weights[1].class"; `dense` is then
// unspecified.
absl::Status ResolveFeatureVector(const FeatureSchema& schema, const v1::FeatureVector& vector,
                                  absl::Span<float> dense);

}  // namespace facet::model

#endif  // FACET_MODEL_FEATURES_FEATURE_VECTOR_H_
