// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_CPU_GENERATOR_H_
#define FACET_MODEL_RENDER_CPU_GENERATOR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "model/preset/net_shape.h"
#include "model/render/aligned_buffer.h"
#include "model/render/crew.h"
#include "model/render/generator_weights.h"
#include "model/render/stage.h"
#include "model/render/upconv_stage.h"

namespace facet::model {

// A generator on the CPU: weights arranged for the processor, and room for
// what is between the layers, all of it made beforehand. Used by one thread
// at a time; allocates nothing after Create.
//
// Outputs do not depend on the crew, nor on what else is computed with them
// (TileKernel).
class CpuGenerator {
 public:
  // For up to `max_batch` images. `weights` is not needed afterwards.
  // RESOURCE_EXHAUSTED (reason OUT_OF_MEMORY).
  static absl::StatusOr<std::unique_ptr<CpuGenerator>> Create(const TileKernel& kernel, const GeneratorShape& shape,
                                                              const GeneratorWeights& weights, int max_batch);

  // The fully connected layers, for `count` feature vectors [count,
  // total_classes].
  void RunDense(Crew& crew, const float* vectors, int count);

  // The transposed convolutions, for `count` (at most images_at_once) of the
  // vectors from `first`. Returns the images, linear, as in output(); they
  // stand until the next call.
  const float* RunImages(Crew& crew, int first, int count);

  // What fits in a processor's cache together.
  int images_at_once() const { return images_at_once_; }
  const ImageLayout& output() const { return layouts_.back(); }
  size_t weight_bytes() const;

 private:
  // FC-1 of a feature. Its input is mostly zeros, so it is a sum over those
  // classes that have a weight.
  struct FirstLayer {
    int class_offset;
    int classes;
    int width;
    size_t output_offset;
    AlignedBuffer weights;  // [classes, width]
    AlignedBuffer bias;
  };

  CpuGenerator(const TileKernel& kernel, const GeneratorShape& shape, int max_batch)
      : kernel_(kernel), shape_(shape), max_batch_(max_batch) {}
  absl::Status AddFeatures(const GeneratorWeights& weights);
  absl::Status AddJoint(const GeneratorWeights& weights);
  absl::Status AddBase(const GeneratorWeights& weights, int in);
  absl::Status AddImages(const GeneratorWeights& weights);
  void RunFirstLayers(const float* vector, float* output) const;

  const TileKernel& kernel_;
  const GeneratorShape shape_;
  const int max_batch_;
  int images_at_once_ = 1;
  int total_classes_ = 0;
  size_t feature_width_ = 0;
  std::vector<FirstLayer> first_layers_;
  AlignedBuffer first_output_;  // [max_batch, feature_width]
  std::vector<Stage> dense_stages_;
  std::vector<AlignedBuffer> dense_outputs_;  // of each stage
  std::vector<Stage> image_stages_;
  std::vector<ImageLayout> layouts_;          // of the base, then of each image stage's output
  std::vector<AlignedBuffer> image_outputs_;  // of each image stage
};

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_CPU_GENERATOR_H_
