// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_CPU_RENDERER_H_
#define FACET_MODEL_RENDER_CPU_RENDERER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/preset/net_shape.h"
#include "model/render/renderer.h"
#include "model/render/tile_kernel.h"

namespace facet::model {

// A renderer on the CPU, without LibTorch. `options.device` is not looked at.
// `kernel` must run on this machine. Errors of Renderer::Create.
absl::StatusOr<std::unique_ptr<Renderer>> CreateCpuRenderer(const GeneratorShape& shape, absl::string_view weights,
                                                            const RendererOptions& options,
                                                            const TileKernel& kernel = FastestTileKernel());

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_CPU_RENDERER_H_
