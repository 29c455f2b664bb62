// SPDX-License-Identifier: Apache-2.0
#include "model/data/label_check.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "model/data/dataset_manifest.h"

namespace facet::model {

absl::Status InconsistentDataset(const std::string& path, absl::string_view what) {
  return WithReason(absl::DataLossError(absl::StrCat("data set '", path, "': ", what)), "BAD_DATASET");
}

absl::Status CheckLabels(const DatasetInfo& info, const uint16_t* labels, const std::string& path) {
  const std::vector<Feature>& features = info.schema.features();
  for (int64_t i = 0; i < info.image_count; ++i) {
    for (const Feature& feature : features) {
      if (*labels < feature.classes.size()) {
        ++labels;
        continue;
      }
      return InconsistentDataset(path, absl::StrCat(kLabelsFile, ": image ", i, " has class ", *labels, " of feature '",
                                                    feature.name, "', which has ", feature.classes.size()));
    }
  }
  return absl::OkStatus();
}

}  // namespace facet::model
