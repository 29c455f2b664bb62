// SPDX-License-Identifier: Apache-2.0
// Apart from schema.h, because files that see LibTorch must not see protobuf.
#ifndef FACET_MODEL_FEATURES_SCHEMA_PROTO_H_
#define FACET_MODEL_FEATURES_SCHEMA_PROTO_H_

#include "absl/status/statusor.h"
#include "facet/v1/feature.pb.h"
#include "model/features/schema.h"

namespace facet::model {

// Errors of FeatureSchema::Create.
absl::StatusOr<FeatureSchema> SchemaFromProto(const v1::FeatureSchema& proto);
v1::FeatureSchema SchemaToProto(const FeatureSchema& schema);

}  // namespace facet::model

#endif  // FACET_MODEL_FEATURES_SCHEMA_PROTO_H_
