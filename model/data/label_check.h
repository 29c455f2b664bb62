// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_LABEL_CHECK_H_
#define FACET_MODEL_DATA_LABEL_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "model/data/dataset.h"

namespace facet::model {

// DATA_LOSS (reason BAD_DATASET) that names the data set's folder.
absl::Status InconsistentDataset(const std::string& path, absl::string_view what);

// The range check of training and rendering, done once for all: whether each
// label, schema.size() an image, is the index of a class. DATA_LOSS names image
// and feature.
absl::Status CheckLabels(const DatasetInfo& info, const uint16_t* labels, const std::string& path);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_LABEL_CHECK_H_
