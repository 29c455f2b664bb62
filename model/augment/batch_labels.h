// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_BATCH_LABELS_H_
#define FACET_MODEL_AUGMENT_BATCH_LABELS_H_

#include <vector>

#include "absl/types/span.h"
#include "facet/v1/augmentation.pb.h"
#include "model/features/schema.h"

namespace facet::model {

// Labels of a batch in the asked forms, as v1.LabelForm says, from `dense`,
// [count, total_classes] row-major.
v1::BatchLabels MakeLabels(const FeatureSchema& schema, const std::vector<v1::LabelForm>& forms,
                           absl::Span<const float> dense, int count);

// Bytes of those labels for one image.
int64_t LabelBytesPerImage(const FeatureSchema& schema, const std::vector<v1::LabelForm>& forms);

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_BATCH_LABELS_H_
