// SPDX-License-Identifier: Apache-2.0
#include "model/render/cpu_generator.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace facet::model {
namespace {

// Images that are computed together stay within this, so that a layer finds
// the output of the one before in the processor's cache.
constexpr size_t kImageBytes = size_t{16} << 20;

absl::StatusOr<Matmul> MakeLinear(const TileKernel& kernel, const LayerWeights& weights, int in, int out,
                                  size_t input_stride, size_t output_stride, float slope) {
  MatmulShape shape;
  shape.depth = in;
  shape.columns = out;
  shape.input.image = input_stride;
  shape.output.image = output_stride;
  shape.slope = slope;
  return Matmul::Create(
      kernel, std::move(shape),
      [&](int, int column) {
        return WeightColumn{weights.weight.data() + size_t{1} * column * in, 1};
      },
      [&](int column) { return weights.bias[column]; });
}

}  // namespace

absl::StatusOr<std::unique_ptr<CpuGenerator>> CpuGenerator::Create(const TileKernel& kernel,
                                                                   const GeneratorShape& shape,
                                                                   const GeneratorWeights& weights, int max_batch) {
  std::unique_ptr<CpuGenerator> generator(new CpuGenerator(kernel, shape, max_batch));
  RETURN_IF_ERROR(generator->AddFeatures(weights));
  RETURN_IF_ERROR(generator->AddJoint(weights));
  RETURN_IF_ERROR(generator->AddImages(weights));
  return generator;
}

absl::Status CpuGenerator::AddFeatures(const GeneratorWeights& weights) {
  for (const int width : shape_.feature_widths) feature_width_ += width;
  Stage second;
  size_t offset = 0;
  for (size_t i = 0; i < shape_.classes.size(); ++i) {
    const int classes = shape_.classes[i];
    const int width = shape_.feature_widths[i];
    FirstLayer first = {total_classes_, classes, width, offset, {}, {}};
    ASSIGN_OR_RETURN(first.weights, AlignedBuffer::Create(size_t{1} * classes * width));
    ASSIGN_OR_RETURN(first.bias, AlignedBuffer::Create(width));
    for (int w = 0; w < width; ++w) {
      first.bias.data()[w] = weights.feature1[i].bias[w];
      for (int k = 0; k < classes; ++k) {
        first.weights.data()[size_t{1} * k * width + w] = weights.feature1[i].weight[size_t{1} * w * classes + k];
      }
    }
    first_layers_.push_back(std::move(first));
    ASSIGN_OR_RETURN(Matmul matmul, MakeLinear(kernel_, weights.feature2[i], width, width, feature_width_,
                                               feature_width_, shape_.leaky_slope));
    second.Add(std::move(matmul), offset, offset);
    offset += width;
    total_classes_ += classes;
  }
  ASSIGN_OR_RETURN(first_output_, AlignedBuffer::Create(max_batch_ * feature_width_));
  ASSIGN_OR_RETURN(dense_outputs_.emplace_back(), AlignedBuffer::Create(max_batch_ * feature_width_));
  dense_stages_.push_back(std::move(second));
  return absl::OkStatus();
}

absl::Status CpuGenerator::AddJoint(const GeneratorWeights& weights) {
  int in = static_cast<int>(feature_width_);
  for (size_t j = 0; j < shape_.joint_widths.size(); ++j) {
    const int out = shape_.joint_widths[j];
    ASSIGN_OR_RETURN(Matmul matmul, MakeLinear(kernel_, weights.joint[j], in, out, in, out, shape_.leaky_slope));
    dense_stages_.emplace_back().Add(std::move(matmul), 0, 0);
    ASSIGN_OR_RETURN(dense_outputs_.emplace_back(), AlignedBuffer::Create(size_t{1} * max_batch_ * out));
    in = out;
  }
  return AddBase(weights, in);
}

// The base is an image with channels together, so its columns are taken in
// another order; one product for each row of pixels, as these have a border.
absl::Status CpuGenerator::AddBase(const GeneratorWeights& weights, int in) {
  const ImageLayout layout = {shape_.base_size, shape_.base_channels, InputBorder(shape_.layers[0])};
  layouts_.push_back(layout);
  const int size = layout.size;
  const int channels = layout.channels;
  Stage& stage = dense_stages_.emplace_back();
  for (int y = 0; y < size; ++y) {
    const auto unit = [&](int column) { return (column % channels * size + y) * size + column / channels; };
    MatmulShape shape;
    shape.depth = in;
    shape.columns = size * channels;
    shape.input.image = in;
    shape.output.image = layout.image();
    shape.slope = shape_.leaky_slope;
    ASSIGN_OR_RETURN(Matmul matmul,
                     Matmul::Create(
                         kernel_, std::move(shape),
                         [&](int, int column) {
                           return WeightColumn{weights.base.weight.data() + size_t{1} * unit(column) * in, 1};
                         },
                         [&](int column) { return weights.base.bias[unit(column)]; }));
    stage.Add(std::move(matmul), 0, layout.origin() + y * layout.row());
  }
  ASSIGN_OR_RETURN(dense_outputs_.emplace_back(), AlignedBuffer::Create(max_batch_ * layout.image()));
  return absl::OkStatus();
}

absl::Status CpuGenerator::AddImages(const GeneratorWeights& weights) {
  const std::vector<UpconvShape>& layers = shape_.layers;
  size_t image_bytes = 0;
  for (size_t k = 0; k < layers.size(); ++k) {
    const bool last = k + 1 == layers.size();
    const bool merged = last && BetterMerged(layers[k]);
    const int border = last ? merged : InputBorder(layers[k + 1]);
    const ImageLayout input = layouts_.back();
    layouts_.push_back({layers[k].out_size, layers[k].out_channels, border});
    ASSIGN_OR_RETURN(image_stages_.emplace_back(),
                     MakeUpconvStage(kernel_, layers[k], weights.up[k], input, layouts_.back(),
                                     last ? 1.0f : shape_.leaky_slope, merged));
    image_bytes += layouts_.back().image() * sizeof(float);
  }
  images_at_once_ = static_cast<int>(std::clamp<size_t>(kImageBytes / image_bytes, 1, max_batch_));
  for (size_t k = 0; k < layers.size(); ++k) {
    ASSIGN_OR_RETURN(image_outputs_.emplace_back(), AlignedBuffer::Create(images_at_once_ * layouts_[k + 1].image()));
  }
  return absl::OkStatus();
}

void CpuGenerator::RunFirstLayers(const float* vector, float* output) const {
  const float slope = shape_.leaky_slope;
  for (const FirstLayer& layer : first_layers_) {
    float* out = output + layer.output_offset;
    const float* bias = layer.bias.data();
    std::copy(bias, bias + layer.width, out);
    for (int k = 0; k < layer.classes; ++k) {
      const float x = vector[layer.class_offset + k];
      if (x == 0.0f) continue;
      const float* weights = layer.weights.data() + size_t{1} * k * layer.width;
      for (int w = 0; w < layer.width; ++w) out[w] += x * weights[w];
    }
    for (int w = 0; w < layer.width; ++w) out[w] = out[w] > 0 ? out[w] : out[w] * slope;
  }
}

void CpuGenerator::RunDense(Crew& crew, const float* vectors, int count) {
  for (int i = 0; i < count; ++i) {
    RunFirstLayers(vectors + size_t{1} * i * total_classes_, first_output_.data() + i * feature_width_);
  }
  const float* input = first_output_.data();
  for (size_t s = 0; s < dense_stages_.size(); ++s) {
    dense_stages_[s].Run(crew, input, dense_outputs_[s].data(), count);
    input = dense_outputs_[s].data();
  }
}

const float* CpuGenerator::RunImages(Crew& crew, int first, int count) {
  const float* input = dense_outputs_.back().data() + first * layouts_[0].image();
  for (size_t s = 0; s < image_stages_.size(); ++s) {
    image_stages_[s].Run(crew, input, image_outputs_[s].data(), count);
    input = image_outputs_[s].data();
  }
  return input;
}

size_t CpuGenerator::weight_bytes() const {
  size_t total = 0;
  for (const FirstLayer& layer : first_layers_) total += layer.weights.bytes() + layer.bias.bytes();
  for (const Stage& stage : dense_stages_) total += stage.bytes();
  for (const Stage& stage : image_stages_) total += stage.bytes();
  return total;
}

}  // namespace facet::model
