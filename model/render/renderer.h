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
  // Threads of one Render call on the CPU, the caller's included; 0: all cores.
  // They belong to the renderer; LibTorch's own settings are left alone.
  int threads = 0;
  // Largest batch that Render takes. All memory for it is taken in Create, so
  // that the first call at any size costs what later ones do.
  int max_batch = 32;
};

// The generator of one model, ready to render. One instance is used by one
// thread at a time; instances are independent.
//
// An image is a pure function of weights and feature vector: the same bytes
// whatever else is in the batch, however large it is, and on however many
// threads. On the CPU that holds by construction, for float32, too; with another
// processor the last bits of float32 may differ. On a GPU batches are computed
// in pieces of one fixed size for its sake.
//
// Blocks while it computes. A CPU renderer allocates nothing in Render.
class Renderer {
 public:
  // `weights` is a safetensors file with the tensors `generator.*`; it is
  // copied into the form that computes fastest and not needed afterwards.
  //
  // DATA_LOSS: not a safetensors file (reason BAD_SAFETENSORS), tensors missing
  // or of the wrong shape (BAD_WEIGHTS), NaN or infinite (WEIGHTS_NOT_FINITE).
  // INVALID_ARGUMENT: bad device, threads or max_batch (field "device", …), or
  // a shape that no generator has (BAD_NET_SHAPE). FAILED_PRECONDITION (reason
  // NO_SUCH_DEVICE): not on this machine. RESOURCE_EXHAUSTED (reason
  // OUT_OF_MEMORY): machine or device has no room for it. INTERNAL (reason
  // DEVICE_FAULT): the device failed.
  static absl::StatusOr<std::unique_ptr<Renderer>> Create(const GeneratorShape& shape, absl::string_view weights,
                                                          const RendererOptions& options);
  virtual ~Renderer() = default;

  // Renders `count` images (1 to max_batch) from `dense`, [count,
  // total_classes] row-major, finite, into `pixels`, which has room for them in
  // `format` (float32: at a multiple of 4 bytes). 8-bit values are rounded
  // halves to even. No effect on errors.
  //
  // INVALID_ARGUMENT: a count out of range, or `dense` of another size.
  // RESOURCE_EXHAUSTED (reason OUT_OF_MEMORY): of a GPU; a smaller batch may
  // do. INTERNAL (reason DEVICE_FAULT): the device failed; the renderer is of
  // no further use.
  virtual absl::Status Render(absl::Span<const float> dense, int count, const PixelFormat& format, void* pixels) = 0;

  virtual const ImageShape& shape() const = 0;
  virtual int total_classes() const = 0;
  // Device it runs on: "cpu", "cuda:0".
  virtual const std::string& device() const = 0;
  // Bytes of weights in memory, of the device it runs on.
  virtual int64_t memory_bytes() const = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_RENDERER_H_
