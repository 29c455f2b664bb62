// SPDX-License-Identifier: Apache-2.0
// Apart from evaluate.h, because files that see LibTorch must not see protobuf.
#ifndef FACET_MODEL_EVALUATE_REPORT_PROTO_H_
#define FACET_MODEL_EVALUATE_REPORT_PROTO_H_

#include "facet/v1/report.pb.h"
#include "model/evaluate/evaluate.h"

namespace facet::model {

// All that was evaluated; figures of the training itself are left at 0.
v1::EvaluationReport ReportToProto(const Evaluation& evaluation);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_REPORT_PROTO_H_
