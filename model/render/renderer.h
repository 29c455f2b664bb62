// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_RENDERER_H_
#define FACET_MODEL_RENDER_RENDERER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/image/pixels.h"
#include "model/preset/net_shape.h"

namespace facet::model {

struct RendererOptions {
  // "cpu", "cuda", "cuda:1"; "auto" takes a GPU where there is one.
  std::string device = "auto";
  // Threads of one Render call; 0: all cores.
  int threads = 0;
  // Largest batch that Render takes; sizes up to it are warmed in Create.
  int max_batch = 32;
};

// The generator of one model, ready to render. One instance is used by one
// thread at a time; instances are independent.
//
// An image is a pure function of weights and feature vector: the same bytes
// whatever else is in the batch and however large it is.
class Renderer {
 public:
  // `weights` is a safetensors file with the tensors `generator.*`; it is
  // copied into the form that computes fastest and not needed afterwards.
  // DATA_LOSS: tensors missing or of the wrong shape. INVALID_ARGUMENT: bad
  // device. FAILED_PRECONDITION: no such device here.
  static absl::StatusOr<std::unique_ptr<Renderer>> Create(const GeneratorShape& shape,
                                                          absl::string_view weights,
                                                          const RendererOptions& options);
  virtual ~Renderer() = default;

  // Renders `count` images (1 to max_batch) from `dense`, [count,
  // total_classes] row-major, into `pixels`, which has room for them in
  // `format`. No effect on errors. INTERNAL (reason DEVICE_FAULT): the device
  // failed; the renderer is of no further use.
  virtual absl::Status Render(absl::Span<const float> dense, int count, const PixelFormat& format,
                              void* pixels) = 0;

  virtual const ImageShape& shape() const = 0;
  virtual int total_classes() const = 0;
  // Device it runs on: "cpu", "cuda:0".
  virtual const std::string& device() const = 0;
  // Bytes of weights in device memory.
  virtual int64_t memory_bytes() const = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_RENDERER_H_
