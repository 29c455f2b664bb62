// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RECOGNISE_COMPARISON_PROTO_H_
#define FACET_MODEL_RECOGNISE_COMPARISON_PROTO_H_

#include "facet/v1/report.pb.h"
#include "model/features/schema.h"
#include "model/recognise/comparison.h"

namespace facet::model {

// `plan` is what was compared, on a training set with the features of `schema`.
v1::AugmentationReport ReportToProto(const Comparison& comparison, const ComparisonPlan& plan,
                                     const FeatureSchema& schema);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_COMPARISON_PROTO_H_
