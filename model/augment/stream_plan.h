// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_STREAM_PLAN_H_
#define FACET_MODEL_AUGMENT_STREAM_PLAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/random.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/combinations.h"
#include "model/augment/image_changes.h"
#include "model/augment/real_images.h"
#include "model/features/schema.h"

namespace facet::model {

// What one image of a stream is.
struct PlannedImage {
  bool real = false;
  // Of a rendered image its combination, of a real one its number in the data
  // set.
  int64_t index = 0;
  ImageChange change;
  // Names the image among all of the stream: its noise is drawn by it.
  uint64_t number = 0;
};

// What every image of a stream shows: a pure function of (spec, schema, labels
// of the real images, epoch, place), reached in constant time. Immutable;
// thread-safe.
class StreamPlan {
 public:
  // `real` is there if, and only if, the recipe asks for real images.
  // INVALID_ARGUMENT with the field paths below the spec ("recipe.features[1]
  // .pairs.beta"), of all mistakes that do not depend on one another.
  static absl::StatusOr<StreamPlan> Create(const v1::StreamSpec& spec, const FeatureSchema& schema, int max_batch_size,
                                           std::optional<RealImages> real = std::nullopt);

  // Of an epoch; at least 1.
  int64_t images_per_epoch() const { return places_.size(); }
  int64_t rendered_per_epoch() const { return places_.rendered(); }
  int64_t real_per_epoch() const { return places_.real(); }
  // 0 only where DROP leaves none.
  int64_t batches_per_epoch() const;
  int batch_size() const { return delivery_.batch_size; }
  // Images of a batch, in [0, batches_per_epoch()).
  int ImagesOf(int64_t batch) const;
  const std::vector<v1::LabelForm>& labels() const { return delivery_.labels; }
  const ImageChanges& changes() const { return changes_; }

  // Image `offset` of `batch`: writes its feature vector into `dense`,
  // [total_classes]. `attempt` 0 is the image itself, higher ones are those
  // that replace it where a filter drops it; real images are not replaced.
  PlannedImage Plan(int64_t epoch, int64_t batch, int offset, int attempt, absl::Span<float> dense) const;

  // Draws the noise of an image.
  CounterRandom NoiseOf(const PlannedImage& image) const;

 private:
  // How images are put together.
  struct Delivery {
    std::vector<v1::LabelForm> labels;
    int batch_size = 64;
    v1::LastBatch last_batch = v1::LAST_BATCH_PARTIAL;
  };
  StreamPlan(Combinations combinations, ImageChanges changes, Delivery delivery)
      : combinations_(std::move(combinations)), changes_(std::move(changes)), delivery_(std::move(delivery)) {}
  static absl::StatusOr<Delivery> ReadDelivery(const v1::StreamSpec& spec, int max_batch_size);
  PlannedImage PlanReal(int64_t epoch, int64_t place, absl::Span<float> dense) const;
  PlannedImage PlanRendered(int64_t epoch, int64_t place, int attempt, absl::Span<float> dense) const;
  int64_t Shuffled(int64_t i, int64_t size, absl::string_view purpose, int64_t round) const;

  Combinations combinations_;
  ImageChanges changes_;
  Delivery delivery_;
  std::optional<RealImages> real_;
  Interleaving places_;
  bool shuffle_ = true;
  uint64_t shuffle_seed_ = 0;
  uint64_t augmentation_seed_ = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_STREAM_PLAN_H_
