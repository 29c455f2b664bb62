// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_OPENED_STREAM_H_
#define FACET_SERVER_CORE_STREAMS_OPENED_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/batch_sequence.h"
#include "model/augment/stream_identity.h"
#include "model/augment/stream_plan.h"
#include "model/augment/wire_pixels.h"
#include "model/data/dataset.h"
#include "server/core/models/model_registry.h"
#include "server/core/streams/batch_stream.h"
#include "server/core/streams/quality_filter.h"

namespace facet::server {

// A data set that a stream holds: it stays readable though it be deleted.
struct HeldDataset {
  std::string version;  // `datasets/digits@2`
  std::shared_ptr<const model::Dataset> images;
};

// A stream that has been checked: everything that its batches are made from.
// Immutable but for the sequence, of which each stream takes a copy.
struct OpenedStream {
  ModelHandle model;
  std::optional<HeldDataset> real;
  std::optional<QualityFilter> filter;
  model::StreamPlan plan;
  model::WirePixels wire;
  model::StreamIdentity identity;
  model::BatchSequence sequence;
  v1::Rehearsal rehearsal = v1::REHEARSAL_UNSPECIFIED;
  int64_t image_bytes = 0;    // pixels and labels of one image
  int64_t message_bytes = 0;  // of a full batch, at most

  // Of the filter, one for each confidence.
  std::vector<std::string> judge_versions() const {
    return filter.has_value() ? filter->judge_versions() : std::vector<std::string>();
  }
  // Whether the engine writes pixels as they travel; else float32 NHWC.
  bool rendered_as_sent() const { return wire.rendered() && !plan.changes().photometric() && !filter.has_value(); }
  model::PixelFormat render_format() const {
    return rendered_as_sent() ? wire.render_format()
                              : model::PixelFormat{model::PixelType::kFloat32, model::PixelLayout::kNhwc};
  }
  // Whether what the engine writes is the batch, whole.
  bool direct() const { return rendered_as_sent() && !plan.changes().moves_pixels() && plan.real_per_epoch() == 0; }
};

// Checks specs against the models and data sets of the server. Thread-safe;
// blocks while a model loads and a data set is verified.
class StreamOpener {
 public:
  explicit StreamOpener(BatchStreamFactoryOptions options) : options_(std::move(options)) {}

  // Errors of v1.AugmentationService, with the path of the spec, `field`, in
  // front; of all mistakes that do not depend on one another.
  absl::StatusOr<OpenedStream> Open(const v1::StreamSpec& spec, absl::string_view field);

 private:
  absl::StatusOr<OpenedStream> OpenWith(ModelHandle model, const v1::StreamSpec& spec);
  // A data set, and which of its images a stream shows.
  struct RealSource {
    HeldDataset held;
    model::RealImages images;
  };
  absl::StatusOr<RealSource> OpenReal(const v1::RealImages& recipe, const LoadedModel& model);
  absl::StatusOr<HeldDataset> Hold(const std::string& name, const model::ImageShape& shape);
  absl::Status CheckSizes(const OpenedStream& stream) const;

  const BatchStreamFactoryOptions options_;
};

// What v1.AugmentationService.DescribeStream says of it.
v1::DescribeStreamResponse Describe(const OpenedStream& stream);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_OPENED_STREAM_H_
