// SPDX-License-Identifier: Apache-2.0
#include "model/render/renderer.h"

#include "base/error.h"
#include "model/nn/device.h"
#include "model/nn/torch_wall.h"
#include "model/render/cpu_renderer.h"
#include "model/render/torch_renderer.h"

namespace facet::model {

absl::StatusOr<std::unique_ptr<Renderer>> Renderer::Create(const GeneratorShape& shape, absl::string_view weights,
                                                           const RendererOptions& options) {
  const auto device = ResolveDevice(options.device);
  if (!device.ok()) return PrefixField(device.status(), "device");
  if (!device->is_cpu()) return CreateTorchRenderer(shape, weights, options);
  return TorchWall("making a renderer", [&] { return CreateCpuRenderer(shape, weights, options); });
}

}  // namespace facet::model
