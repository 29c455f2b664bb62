// SPDX-License-Identifier: Apache-2.0
#include "model/features/schema_proto.h"

#include <utility>
#include <vector>

namespace facet::model {

absl::StatusOr<FeatureSchema> SchemaFromProto(const v1::FeatureSchema& proto) {
  std::vector<Feature> features;
  features.reserve(proto.features_size());
  for (const v1::Feature& feature : proto.features()) {
    features.push_back({feature.name(), {feature.classes().begin(), feature.classes().end()}});
  }
  return FeatureSchema::Create(std::move(features));
}

v1::FeatureSchema SchemaToProto(const FeatureSchema& schema) {
  v1::FeatureSchema proto;
  for (const Feature& feature : schema.features()) {
    v1::Feature* added = proto.add_features();
    added->set_name(feature.name);
    for (const std::string& name : feature.classes) added->add_classes(name);
  }
  return proto;
}

}  // namespace facet::model
