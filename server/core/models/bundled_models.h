// SPDX-License-Identifier: Apache-2.0
// The models that ship with the server.
#ifndef FACET_SERVER_CORE_MODELS_BUNDLED_MODELS_H_
#define FACET_SERVER_CORE_MODELS_BUNDLED_MODELS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/model.pb.h"
#include "server/core/models/model_registry.h"
#include "server/core/store/store.h"

namespace facet::server {

// Publishes each bundle `<folder>/<id>/` as the first version of the model `id`,
// unless the state has had a model of that id: one that was removed does not
// come back, and one of the user's own is left alone. One that could not be
// published is tried again at the next start. One result for each
// bundle that was tried; a damaged one does no harm to the others. Empty where
// there is no such folder.
std::vector<absl::StatusOr<v1::ModelVersion>> PublishBundledModels(FileSystem& file_system, Store& store,
                                                                   const std::string& folder, ModelRegistry& registry);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_MODELS_BUNDLED_MODELS_H_
