// SPDX-License-Identifier: Apache-2.0
#include "model/render/torch_renderer.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/status_macros.h"
#include "model/nn/device.h"
#include "model/nn/float32_products.h"
#include "model/nn/generator.h"
#include "model/nn/parameters.h"
#include "model/nn/state.h"
#include "model/nn/torch_wall.h"
#include "model/render/generator_weights.h"
#include "model/render/render_checks.h"

namespace facet::model {
namespace {

// The same kernels each time, so that equal vectors give equal pixels.
void AskForRepeatableKernels() {
  at::Context& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
}

// linear: [n, 3, S, S] -> finished pixels of the format, row-major.
at::Tensor Finish(const at::Tensor& linear, const PixelFormat& format) {
  at::Tensor pixels = at::nan_to_num(linear, 0.0).clamp_(0, 1);
  if (format.type == PixelType::kUint8) pixels = pixels.mul_(255).round_().to(at::kByte);
  if (format.layout == PixelLayout::kNhwc) pixels = pixels.permute({0, 2, 3, 1});  // [n, S, S, 3]
  return pixels.contiguous();
}

class TorchRenderer final : public Renderer {
 public:
  TorchRenderer(Generator generator, c10::Device device, const RendererOptions& options, int tile)
      : generator_(std::move(generator)),
        torch_device_(device),
        device_(DeviceName(device)),
        max_batch_(options.max_batch),
        tile_(tile) {
    const GeneratorShape& net = generator_.shape();
    shape_ = {net.image_size(), net.image_size(), net.layers.back().out_channels};
    total_classes_ = std::accumulate(net.classes.begin(), net.classes.end(), 0);
  }

  absl::Status Render(absl::Span<const float> dense, int count, const PixelFormat& format, void* pixels) override {
    RETURN_IF_ERROR(CheckRequest(dense.size(), count, max_batch_, total_classes_));
    return TorchWall("rendering", [&]() -> absl::Status {
      const c10::InferenceMode inference;
      UseFloat32Products(Float32Products::kExact);
      const at::Tensor finished = Compute(dense, count, format).to(at::kCPU);
      std::memcpy(pixels, finished.const_data_ptr(), finished.nbytes());
      return absl::OkStatus();
    });
  }

  const ImageShape& shape() const override { return shape_; }
  int total_classes() const override { return total_classes_; }
  const std::string& device() const override { return device_; }
  int64_t memory_bytes() const override { return TotalBytes(generator_.parameters()); }

 private:
  // Finished pixels of all images, on the device.
  at::Tensor Compute(absl::Span<const float> dense, int count, const PixelFormat& format) {
    const int tile = tile_ > 0 ? tile_ : count;
    const int padded = (count + tile - 1) / tile * tile;
    at::Tensor vectors = at::zeros({padded, total_classes_}, at::kFloat);
    std::memcpy(vectors.mutable_data_ptr(), dense.data(), dense.size() * sizeof(float));
    vectors = vectors.to(torch_device_);
    std::vector<at::Tensor> images;  // of each tile, without the padding
    for (int first = 0; first < count; first += tile) {
      const at::Tensor linear = generator_.Forward(vectors.narrow(0, first, tile));
      images.push_back(Finish(linear.narrow(0, 0, std::min(tile, count - first)), format));
    }
    return images.size() == 1 ? images[0] : at::cat(images);
  }

  Generator generator_;
  const c10::Device torch_device_;
  const std::string device_;
  const int max_batch_;
  const int tile_;
  ImageShape shape_;
  int total_classes_ = 0;
};

// The first calls load the device's code and its libraries' workspaces.
absl::Status Warm(Renderer& renderer) {
  const std::vector<float> dense(renderer.total_classes());
  std::vector<float> pixels(renderer.shape().samples());
  for (const PixelType type : {PixelType::kUint8, PixelType::kFloat32}) {
    RETURN_IF_ERROR(renderer.Render(dense, 1, {type, PixelLayout::kNhwc}, pixels.data()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Renderer>> CreateTorchRenderer(const GeneratorShape& shape, absl::string_view weights,
                                                              const RendererOptions& options, int tile) {
  RETURN_IF_ERROR(CheckOptions(options));
  auto resolved = ResolveDevice(options.device);
  if (!resolved.ok()) return PrefixField(resolved.status(), "device");
  RETURN_IF_ERROR(GeneratorWeights::Read(shape, weights).status());
  return TorchWall("making a renderer", [&]() -> absl::StatusOr<std::unique_ptr<Renderer>> {
    AskForRepeatableKernels();
    ASSIGN_OR_RETURN(const TensorMap tensors, ParseSafetensors(weights));
    ASSIGN_OR_RETURN(Generator generator, Generator::Load(shape, tensors));
    generator.To(*resolved);
    auto renderer = std::make_unique<TorchRenderer>(std::move(generator), *resolved, options, tile);
    RETURN_IF_ERROR(Warm(*renderer));
    return renderer;
  });
}

}  // namespace facet::model
