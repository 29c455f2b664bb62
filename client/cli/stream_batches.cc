// SPDX-License-Identifier: Apache-2.0
#include "client/cli/stream_batches.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace facet::cli {

int64_t BatchesToRead(const v1::StreamSpec& spec, const v1::DescribeStreamResponse& described, int64_t most) {
  const int64_t epochs = spec.epochs() == 0 ? 1 : spec.epochs();
  const int64_t all = epochs < 0 ? 0 : epochs * described.steps_per_epoch();
  if (most == 0 || all == 0) return std::max(most, all);
  return std::min(all, most);
}

int TotalClasses(const v1::FeatureSchema& schema) {
  int classes = 0;
  for (const auto& feature : schema.features()) classes += feature.classes_size();
  return classes;
}

std::vector<float> SoftLabels(const v1::StreamBatchesResponse& batch) {
  const std::string& bytes = batch.labels().soft();
  std::vector<float> soft(bytes.size() / sizeof(float));
  std::memcpy(soft.data(), bytes.data(), soft.size() * sizeof(float));
  return soft;
}

}  // namespace facet::cli
