// SPDX-License-Identifier: Apache-2.0
// What the commands share that read batches of a stream.
#ifndef FACET_CLIENT_CLI_STREAM_BATCHES_H_
#define FACET_CLIENT_CLI_STREAM_BATCHES_H_

#include <cstdint>
#include <vector>

#include "facet/v1/augmentation.pb.h"

namespace facet::cli {

// How many batches this reader takes, `most` at the most (0: no bound of its
// own); 0: until the stream ends.
int64_t BatchesToRead(const v1::StreamSpec& spec, const v1::DescribeStreamResponse& described, int64_t most);

// All classes of all features: the columns of a soft label.
int TotalClasses(const v1::FeatureSchema& schema);

// Soft labels, [images, TotalClasses].
std::vector<float> SoftLabels(const v1::StreamBatchesResponse& batch);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_STREAM_BATCHES_H_
