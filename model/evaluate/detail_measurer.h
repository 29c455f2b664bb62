// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_DETAIL_MEASURER_H_
#define FACET_MODEL_EVALUATE_DETAIL_MEASURER_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/data/dataset.h"
#include "model/evaluate/evaluate.h"
#include "model/evaluate/judge.h"
#include "model/evaluate/likeness.h"
#include "model/evaluate/neighbour_search.h"

namespace facet::model {

// ImageMeasures of groups of cells. They cost more than a look of the judge,
// so a few hundred images speak for a group. Not thread-safe.
class DetailMeasurer {
 public:
  // Images of a group that are measured, at the most.
  static constexpr size_t kMaxImages = 256;

  // Sums over the images of one group.
  struct Group {
    int64_t images = 0;
    double ssim = 0;
    double synthetic_energy = 0;
    double real_energy = 0;
    double nearest = 0;
    double real_nearest = 0;
    // As Judge::Embed writes them.
    std::vector<float> synthetic_features;
    std::vector<float> real_features;
    std::vector<int64_t> labels;  // index of each image in the data set
  };

  // `train`: all images of training; `centred`: those of them that stand for all
  // in the classes' centres. All but `centred` outlive this. CANCELLED from any
  // call soon after `stop` is set.
  DetailMeasurer(const Dataset& dataset, Judge& judge, absl::Span<const int64_t> train, std::vector<int64_t> centred,
                 const std::atomic<bool>& stop);

  // Learns the classes' centres, in batches of `batch`; `on_progress` gets the
  // number of images of each.
  absl::Status Prepare(int batch, absl::FunctionRef<void(size_t)> on_progress);

  size_t images_to_prepare() const { return centred_.size(); }

  // Adds synthetic images of the cells of `images` and those themselves, both
  // float32 NHWC; once a group is full, nothing.
  absl::Status Add(absl::Span<const int64_t> images, const std::vector<float>& synthetic,
                   const std::vector<float>& real, Group* group);
  ImageMeasures Finish(const Group& group) const;

  // Sum of the distances of synthetic images, float32 NHWC, to the nearest image
  // of training each.
  absl::StatusOr<double> SumOfNearest(absl::Span<const float> synthetic, size_t count) const;

 private:
  std::vector<float> Load(absl::Span<const int64_t> images) const;
  // Appends what the judge says of the first `count` images.
  absl::Status Embed(const std::vector<float>& pixels, size_t count, std::vector<float>* features);
  // What row `row` of `features` says as to one feature; empty where the judge
  // does not know it.
  absl::Span<const float> Row(const std::vector<float>& features, size_t row, int feature) const;
  // Sum of the distances of images to the nearest of training but for
  // `themselves`.
  absl::StatusOr<double> SumOfNearest(absl::Span<const float> pixels, absl::Span<const int64_t> themselves) const;
  FeatureLikeness LikenessOf(int feature, const Group& group) const;

  const Dataset& dataset_;
  const FeatureSchema& schema_;
  const size_t samples_;
  Judge& judge_;
  const NeighbourSearch training_;
  const std::vector<int64_t> centred_;
  const std::atomic<bool>& stop_;
  std::vector<ClassCentres> centres_;  // by feature
  std::vector<size_t> offsets_;        // by feature: where its embedding begins in a row
  size_t row_size_ = 0;                // of all embeddings together
};

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_DETAIL_MEASURER_H_
