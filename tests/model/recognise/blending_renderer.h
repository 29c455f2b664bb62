// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_MODEL_RECOGNISE_BLENDING_RENDERER_H_
#define FACET_TESTS_MODEL_RECOGNISE_BLENDING_RENDERER_H_

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "model/render/renderer.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {

// Draws the blend of the tiny data set's images that a feature vector weighs,
// with less contrast where it is told to.
class BlendingRenderer final : public Renderer {
 public:
  explicit BlendingRenderer(const Dataset* dataset) : dataset_(*dataset) {}
  int images = 0;      // rendered so far
  float contrast = 1;  // 0: all grey

  absl::Status Render(absl::Span<const float> dense, int count, const PixelFormat& format, void* pixels) override {
    EXPECT_EQ(format, PixelFormat{});
    images += count;
    const size_t samples = shape().samples();
    for (int i = 0; i < count; ++i) {
      std::vector<float> sum(samples);
      for (int64_t image = 0; image < dataset_.size(); ++image) {
        AddWeighted(dense.subspan(size_t{1} * i * total_classes(), total_classes()), image, &sum);
      }
      for (size_t k = 0; k < samples; ++k) {
        static_cast<uint8_t*>(pixels)[i * samples + k] =
            static_cast<uint8_t>(std::lround(128 + contrast * (sum[k] - 128)));
      }
    }
    return absl::OkStatus();
  }
  const ImageShape& shape() const override { return dataset_.info().shape; }
  int total_classes() const override { return dataset_.info().schema.total_classes(); }
  const std::string& device() const override { return device_; }
  int64_t memory_bytes() const override { return 0; }

 private:
  void AddWeighted(absl::Span<const float> vector, int64_t image, std::vector<float>* sum) const {
    float weight = 1;
    const FeatureSchema& schema = dataset_.info().schema;
    for (int f = 0; f < schema.size(); ++f) weight *= vector[schema.offset(f) + dataset_.labels(image)[f]];
    if (weight == 0) return;
    for (size_t k = 0; k < sum->size(); ++k) (*sum)[k] += weight * static_cast<float>(dataset_.pixels(image)[k]);
  }

  const Dataset& dataset_;
  const std::string device_ = "cpu";
};

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_RECOGNISE_BLENDING_RENDERER_H_
