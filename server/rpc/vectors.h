// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_VECTORS_H_
#define FACET_SERVER_RPC_VECTORS_H_

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/feature.pb.h"
#include "model/features/schema.h"
#include "server/rpc/wire.h"

namespace facet::server {

using FeatureVectors = google::protobuf::RepeatedPtrField<v1::FeatureVector>;

// INVALID_ARGUMENT (field "vectors"): none (NO_VECTORS), or more than `limit`
// (TOO_MANY_VECTORS).
absl::Status CheckVectorCount(const FeatureVectors& vectors, int limit);

// Of a request of at most `max_vectors`: a mix of many classes has hundreds of
// fields, but not in each of many thousands of vectors.
MessageLimits LimitsOfVectors(int max_vectors);

// Vectors [begin, begin + count) as dense weights, [count, total_classes].
// INVALID_ARGUMENT with the whole path, "vectors[2].features[0].feature".
absl::StatusOr<std::vector<float>> ResolveVectors(const model::FeatureSchema& schema, const FeatureVectors& vectors,
                                                  int begin, int count);

// The same check without keeping the weights.
absl::Status CheckVectors(const model::FeatureSchema& schema, const FeatureVectors& vectors);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_VECTORS_H_
