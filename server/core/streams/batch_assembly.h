// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_BATCH_ASSEMBLY_H_
#define FACET_SERVER_CORE_STREAMS_BATCH_ASSEMBLY_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/stream_plan.h"
#include "server/core/streams/opened_stream.h"

namespace facet::server {

// One image of a batch in the making.
struct BatchImage {
  model::PlannedImage planned;
  // Rendered pixels, as OpenedStream::render_format() says; null for a real
  // image, whose pixels its data set has.
  const char* rendered = nullptr;
  int replaced = 0;  // images that a filter dropped before this one
};

// Turns, mirrors and changes the images and writes them one after the other to
// `target`, as they travel.
void FinishPixels(const OpenedStream& stream, absl::Span<const BatchImage> images, char* target);

// Describes the images of a batch: shape and type, labels, provenance. `dense`:
// the images' feature vectors, one after the other.
void DescribeBatch(const OpenedStream& stream, absl::Span<const BatchImage> images, absl::Span<const float> dense,
                   v1::StreamBatchesResponse& message);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_BATCH_ASSEMBLY_H_
