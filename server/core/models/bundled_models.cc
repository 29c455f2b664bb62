// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/bundled_models.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/bundle.h"

namespace facet::server {
namespace {

// Nothing where the id has been used.
absl::StatusOr<std::optional<v1::ModelVersion>> PublishOne(Store& store, const std::string& id,
                                                           const std::string& folder, ModelRegistry& registry) {
  ASSIGN_OR_RETURN(const int64_t last, store.LastModelVersion(id));
  if (last > 0) return std::nullopt;
  v1::PublishModelRequest request;
  request.set_model_id(id);
  request.add_aliases("stable");
  return registry.Publish(request, folder);
}

}  // namespace

std::vector<absl::StatusOr<v1::ModelVersion>> PublishBundledModels(FileSystem& file_system, Store& store,
                                                                   const std::string& folder, ModelRegistry& registry) {
  std::vector<absl::StatusOr<v1::ModelVersion>> results;
  const auto names = file_system.List(folder);
  if (!names.ok()) return results;
  for (const std::string& name : *names) {
    const std::string bundle = absl::StrCat(folder, "/", name);
    if (!file_system.Exists(absl::StrCat(bundle, "/model.json"))) continue;
    auto published = PublishOne(store, name, bundle, registry);
    if (!published.ok()) {
      results.push_back(Annotate(published.status(), absl::StrCat("the bundled model '", name, "'")));
    } else if (published->has_value()) {
      results.push_back(**std::move(published));
    }
  }
  return results;
}

}  // namespace facet::server
