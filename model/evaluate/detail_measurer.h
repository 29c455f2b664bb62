// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_DETAIL_MEASURER_H_
#define FACET_MODEL_EVALUATE_DETAIL_MEASURER_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "model/data/dataset.h"
#include "model/evaluate/evaluate.h"
#include "model/evaluate/judge.h"
#include "model/evaluate/likeness.h"

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
    // By feature: [images, embedding_size].
    std::vector<std::vector<float>> synthetic_features;
    std::vector<std::vector<float>> real_features;
    std::vector<int64_t> labels;  // index of each image in the data set
  };

  // `train`: real images that stand for all of training. All outlive this.
  DetailMeasurer(const Dataset& dataset, Judge& judge, std::vector<int64_t> train);

  // Learns the classes' centres, in batches of `batch`. CANCELLED soon after
  // `stop` is set.
  absl::Status Prepare(int batch, const std::atomic<bool>& stop);

  // Adds synthetic images of the cells of `images` and those themselves, both
  // float32 NHWC; once a group is full, nothing.
  absl::Status Add(absl::Span<const int64_t> images, const std::vector<float>& synthetic,
                   const std::vector<float>& real, Group* group);
  ImageMeasures Finish(const Group& group) const;

 private:
  std::vector<float> Load(absl::Span<const int64_t> images) const;
  absl::Status Embed(const std::vector<float>& pixels, int count, std::vector<std::vector<float>>* features);
  // Distance of an image to the nearest of training but for `itself`.
  double Nearest(absl::Span<const float> pixels, int64_t itself) const;
  FeatureLikeness LikenessOf(int feature, const Group& group) const;

  const Dataset& dataset_;
  const FeatureSchema& schema_;
  const size_t samples_;
  Judge& judge_;
  const std::vector<int64_t> train_;
  std::vector<ClassCentres> centres_;  // by feature
};

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_DETAIL_MEASURER_H_
