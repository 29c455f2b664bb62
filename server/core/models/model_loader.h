// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_MODELS_MODEL_LOADER_H_
#define FACET_SERVER_CORE_MODELS_MODEL_LOADER_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "model/features/schema.h"
#include "model/preset/net_shape.h"
#include "model/render/renderer.h"
#include "server/core/models/model_registry.h"

namespace facet::server {

// What a card says, in the form that computing needs. DATA_LOSS (reason
// BAD_CARD): it contradicts itself.
struct CardPlan {
  model::FeatureSchema schema;
  model::NetPlan nets;
};
absl::StatusOr<CardPlan> PlanFromCard(const v1::ModelCard& card);

// DATA_LOSS (reason BUNDLE_MISSING): there is no folder `path` for `name`.
absl::Status BundleMissing(const std::string& name, const std::string& path);

// The second half of loading, which takes the memory.
using BuildModel = absl::AnyInvocable<absl::StatusOr<std::unique_ptr<LoadedModel>>()>;

// The first half: reads and checks the bundle in `path`. `name` is
// `models/digits@3`. DATA_LOSS: missing, damaged or contradictory. Errors of
// FileSystem: it cannot be read, and may be whole.
absl::StatusOr<BuildModel> ReadModel(FileSystem& file_system, const std::string& path, const std::string& name,
                                     const RendererFactory& create_renderer, const model::RendererOptions& options);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_MODELS_MODEL_LOADER_H_
