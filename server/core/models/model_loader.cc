// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/model_loader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/bundle.h"
#include "model/features/schema_proto.h"
#include "model/preset/preset.h"

namespace facet::server {
namespace {

absl::Status BadCard(absl::string_view message) {
  return WithReason(absl::DataLossError(absl::StrCat("the model card contradicts itself: ", message)), "BAD_CARD");
}

absl::StatusOr<std::unique_ptr<LoadedModel>> Build(const std::string& name, v1::ModelCard card, CardPlan plan,
                                                   const std::string& weights, const RendererFactory& create_renderer,
                                                   const model::RendererOptions& options) {
  auto loaded = std::make_unique<LoadedModel>();
  loaded->name = name;
  loaded->card = std::move(card);
  loaded->schema = std::move(plan.schema);
  auto renderer = create_renderer(plan.nets.generator, weights, options);
  if (!renderer.ok()) return Annotate(renderer.status(), name);
  loaded->renderer = *std::move(renderer);
  if (loaded->renderer->total_classes() != loaded->schema.total_classes()) {
    return Annotate(BadCard("the weights are of another number of classes"), name);
  }
  return loaded;
}

}  // namespace

absl::StatusOr<CardPlan> PlanFromCard(const v1::ModelCard& card) {
  CardPlan plan;
  auto schema = model::SchemaFromProto(card.schema());
  if (!schema.ok()) return BadCard(schema.status().message());
  plan.schema = *std::move(schema);
  if (card.height() < 1 || card.height() != card.width() || card.channels() != 3) {
    return BadCard(absl::StrCat("images of ", card.height(), " x ", card.width(), " x ", card.channels()));
  }
  auto nets = model::ResolvePreset(card.preset(), plan.schema, card.height());
  if (!nets.ok()) return BadCard(nets.status().message());
  plan.nets = *std::move(nets);
  return plan;
}

absl::Status BundleMissing(const std::string& name, const std::string& path) {
  return WithReason(
      absl::DataLossError(absl::StrCat("the bundle of ", name, " is missing: there is no folder '", path, "'")),
      "BUNDLE_MISSING");
}

absl::StatusOr<BuildModel> ReadModel(FileSystem& file_system, const std::string& path, const std::string& name,
                                     const RendererFactory& create_renderer, const model::RendererOptions& options) {
  auto bundle = model::ReadBundle(file_system, path);
  if (absl::IsNotFound(bundle.status())) return BundleMissing(name, path);
  if (!bundle.ok()) return Annotate(bundle.status(), name);
  auto plan = PlanFromCard(bundle->card);
  if (!plan.ok()) return Annotate(plan.status(), name);
  return BuildModel([name, bundle = *std::move(bundle), plan = *std::move(plan), create_renderer,
                     options]() mutable -> absl::StatusOr<std::unique_ptr<LoadedModel>> {
    return Build(name, std::move(bundle.card), std::move(plan), bundle.weights, create_renderer, options);
  });
}

}  // namespace facet::server
