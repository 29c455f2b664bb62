// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_STREAM_PLAN_H_
#define FACET_MODEL_AUGMENT_STREAM_PLAN_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/random.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/feature_items.h"
#include "model/features/schema.h"
#include "model/image/pixels.h"
#include "model/image/square_transform.h"

namespace facet::model {

// Where a planned image came from.
struct PlannedImage {
  int64_t index = 0;  // in the epoch, before shuffling
  SquareTransform transform;
};

// What every image of a stream shows: a pure function of (spec, schema, epoch,
// position), reached in constant time. Immutable; thread-safe.
class StreamPlan {
 public:
  // INVALID_ARGUMENT with the field path below the spec ("recipe.features[1]
  // .pairs.beta"); UNIMPLEMENTED: a world size other than 1.
  static absl::StatusOr<StreamPlan> Create(const v1::StreamSpec& spec, const FeatureSchema& schema,
                                           int max_batch_size);

  // Images of an epoch, all combinations times `repeats`; at least 1.
  int64_t images_per_epoch() const { return images_; }
  // Batches of an epoch; 0 only where DROP leaves none.
  int64_t batches_per_epoch() const;
  int batch_size() const { return batch_size_; }
  // Epochs; -1: without end.
  int64_t epochs() const { return epochs_; }
  // Images of a batch, in [0, batches_per_epoch()).
  int ImagesOf(int64_t batch) const;
  const PixelFormat& format() const { return format_; }
  const std::vector<v1::LabelForm>& labels() const { return labels_; }
  // Whether no image is ever turned or mirrored.
  bool identity_only() const;

  // Image `offset` of `batch`: writes its feature vector into `dense`,
  // [total_classes].
  PlannedImage Plan(int64_t epoch, int64_t batch, int offset, absl::Span<float> dense) const;

 private:
  StreamPlan() = default;
  absl::Status ReadRecipe(const v1::StreamRecipe& recipe);
  absl::Status ReadDelivery(const v1::StreamSpec& spec, int max_batch_size);

  FeatureSchema schema_;
  std::vector<FeatureItems> items_;  // one a feature, schema order
  std::vector<SquareTransform> transforms_;
  std::vector<v1::LabelForm> labels_;
  PixelFormat format_;
  int64_t images_ = 0;
  int64_t epochs_ = 1;
  int batch_size_ = 0;
  bool shuffle_ = true;
  v1::LastBatch last_batch_ = v1::LAST_BATCH_PARTIAL;
  uint64_t shuffle_seed_ = 0;
  uint64_t augmentation_seed_ = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_STREAM_PLAN_H_
