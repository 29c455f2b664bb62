// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_TORCH_RENDERER_H_
#define FACET_MODEL_RENDER_TORCH_RENDERER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/preset/net_shape.h"
#include "model/render/renderer.h"

namespace facet::model {

// Images that a GPU computes at a time: libraries choose their algorithms by
// the size of the batch, so that only one size gives one answer.
inline constexpr int kTorchTile = 8;

// A renderer through LibTorch on any of its devices; Renderer takes it for
// GPUs. `tile` is the fixed number of images that are computed at a time, the
// last ones padded; 0 computes each batch as it is, which is LibTorch as it
// comes ("eager"), pure only to rounding. `options.threads` is not looked at.
//
// Turns deterministic algorithms on, in the whole process; each rendering asks
// for exact products (model/nn/float32_products.h).
//
// Errors of Renderer::Create.
absl::StatusOr<std::unique_ptr<Renderer>> CreateTorchRenderer(const GeneratorShape& shape, absl::string_view weights,
                                                              const RendererOptions& options, int tile = kTorchTile);

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_TORCH_RENDERER_H_
