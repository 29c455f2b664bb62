// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/model_registry.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "server/core/models/alias_cache.h"
#include "server/core/models/classifier_cache.h"
#include "server/core/models/model_cache.h"
#include "server/core/models/model_loader.h"
#include "server/core/models/model_publisher.h"
#include "server/core/resource_name.h"
#include "server/core/store/version_folders.h"

namespace facet::server {
namespace {

// Classifiers kept in memory.
constexpr size_t kClassifiers = 2;

class StoredModelRegistry final : public ModelRegistry {
 public:
  explicit StoredModelRegistry(ModelRegistryOptions options)
      : options_(std::move(options)),
        folders_(options_.file_system, options_.store, VersionKind::kModel, options_.root),
        publisher_(&folders_, options_.file_system, options_.clock, options_.store),
        aliases_(options_.store),
        cache_(
            options_.max_loaded,
            [this](const std::string& name, ModelCache::MakeRoom make_room) { return LoadTimed(name, make_room); },
            [this](int loaded, int64_t bytes) { options_.metrics->SetModels(loaded, bytes); }),
        classifiers_(kClassifiers, [this](const std::string& name) { return LoadClassifier(name); }) {}

  absl::Status Prepare() {
    RETURN_IF_ERROR(options_.file_system->CreateDirs(options_.root));
    ASSIGN_OR_RETURN(const std::vector<std::string> unknown, folders_.Recover());
    for (const std::string& folder : unknown) {
      if (options_.on_unknown_folder) options_.on_unknown_folder(folder);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ModelHandle> Acquire(absl::string_view name, absl::string_view field) override {
    ASSIGN_OR_RETURN(const ModelName resolved, Resolve(name, field));
    return cache_.Acquire(resolved.ToString());
  }
  absl::StatusOr<ModelHandle> AcquireLoaded(absl::string_view name, absl::string_view field) override {
    ASSIGN_OR_RETURN(const ModelName resolved, Resolve(name, field));
    return cache_.TryAcquire(resolved.ToString());
  }
  absl::StatusOr<ModelHandle> TryAcquire(absl::string_view name, absl::string_view field) override {
    ASSIGN_OR_RETURN(const ModelName parsed, ParseModelName(name, field));
    const std::optional<ModelName> resolved = aliases_.Find(parsed);
    return resolved.has_value() ? cache_.TryAcquire(resolved->ToString()) : nullptr;
  }

  absl::StatusOr<ClassifierHandle> AcquireClassifier(absl::string_view name, absl::string_view field) override {
    ASSIGN_OR_RETURN(const ModelName resolved, Resolve(name, field));
    return classifiers_.Acquire(resolved.ToString());
  }

  absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModelRequest& request,
                                           const std::string& bundle_dir) override;
  absl::StatusOr<std::optional<v1::ModelVersion>> FindPublished(const v1::PublishModelRequest& request) override;
  absl::StatusOr<v1::ListModelsResponse> List(const v1::ListModelsRequest& request) override;
  absl::StatusOr<v1::ModelVersion> Get(const v1::GetModelRequest& request) override {
    ASSIGN_OR_RETURN(const ModelName name, Resolve(request.name(), "name"));
    return Describe(name);
  }
  absl::StatusOr<v1::ModelVersion> Load(const v1::LoadModelRequest& request) override {
    ASSIGN_OR_RETURN(const ModelName name, Resolve(request.name(), "name"));
    RETURN_IF_ERROR(cache_.Acquire(name.ToString()).status());
    return Describe(name);
  }
  absl::StatusOr<v1::ModelVersion> Unload(const v1::UnloadModelRequest& request) override;
  absl::StatusOr<v1::ModelVersion> SetAlias(const v1::SetAliasRequest& request) override;
  absl::Status Delete(const v1::DeleteModelRequest& request) override;

 private:
  std::string Folder(const ModelName& name) const { return folders_.PathOf(name.id, name.version); }
  absl::StatusOr<ModelName> Resolve(absl::string_view name, absl::string_view field) {
    ASSIGN_OR_RETURN(const ModelName parsed, ParseModelName(name, field));
    return aliases_.Resolve(parsed);
  }
  // The version as the store has it, with what changes: aliases and memory.
  absl::StatusOr<v1::ModelVersion> Describe(const ModelName& name);
  absl::Status Complete(const ModelName& name, v1::ModelVersion& version);
  // What it means that the bundle of a version could not be read: where the
  // version was deleted meanwhile, that.
  absl::Status ExplainUnread(const ModelName& name, absl::Status status) {
    if (!absl::IsDataLoss(status) && !absl::IsNotFound(status)) return status;
    RETURN_IF_ERROR(options_.store->GetModelVersion(name.id, name.version).status());
    return status;
  }
  absl::StatusOr<ModelHandle> LoadTimed(const std::string& name, ModelCache::MakeRoom make_room);
  absl::StatusOr<ModelHandle> LoadModel(const std::string& name, ModelCache::MakeRoom make_room);
  absl::StatusOr<ClassifierHandle> LoadClassifier(const std::string& name);
  absl::Status Observe(const absl::Status& status) const {
    return options_.device_faults == nullptr ? status : options_.device_faults->Observe(status);
  }
  absl::Status DeleteAll(const ModelName& model);
  // What is left of one whose row is gone.
  absl::Status RemoveVersion(const ModelName& name);

  const ModelRegistryOptions options_;
  VersionFolders folders_;
  ModelPublisher publisher_;
  AliasCache aliases_;
  ModelCache cache_;
  ClassifierCache classifiers_;
};

absl::StatusOr<ModelHandle> StoredModelRegistry::LoadTimed(const std::string& name, ModelCache::MakeRoom make_room) {
  const absl::Time start = options_.steady_clock->Now();
  auto model = LoadModel(name, make_room);
  options_.metrics->ModelLoaded(model.ok(), options_.steady_clock->Now() - start);
  return model;
}

absl::StatusOr<ModelHandle> StoredModelRegistry::LoadModel(const std::string& name, ModelCache::MakeRoom make_room) {
  ASSIGN_OR_RETURN(const ModelName parsed, ParseModelName(name, "model"));
  RETURN_IF_ERROR(options_.store->GetModelVersion(parsed.id, parsed.version).status());
  auto build = ReadModel(*options_.file_system, Folder(parsed), name, options_.create_renderer, options_.renderer);
  if (!build.ok()) return ExplainUnread(parsed, build.status());
  RETURN_IF_ERROR(make_room());
  auto loaded = (*build)();
  RETURN_IF_ERROR(Observe(loaded.status()));
  return ModelHandle(*std::move(loaded));
}

absl::StatusOr<ClassifierHandle> StoredModelRegistry::LoadClassifier(const std::string& name) {
  ASSIGN_OR_RETURN(const ModelName parsed, ParseModelName(name, "model"));
  RETURN_IF_ERROR(options_.store->GetModelVersion(parsed.id, parsed.version).status());
  auto loaded = ReadClassifier(*options_.file_system, Folder(parsed), name, options_.renderer.device);
  if (!loaded.ok()) return ExplainUnread(parsed, Observe(loaded.status()));
  (*loaded)->device_faults = options_.device_faults;
  return loaded;
}

absl::Status StoredModelRegistry::Complete(const ModelName& name, v1::ModelVersion& version) {
  ASSIGN_OR_RETURN(const std::vector<std::string> aliases, options_.store->ListAliases(name.id, name.version));
  *version.mutable_aliases() = {aliases.begin(), aliases.end()};
  version.set_loaded(cache_.Contains(name.ToString()));
  return absl::OkStatus();
}

absl::StatusOr<v1::ModelVersion> StoredModelRegistry::Describe(const ModelName& name) {
  ASSIGN_OR_RETURN(v1::ModelVersion version, options_.store->GetModelVersion(name.id, name.version));
  RETURN_IF_ERROR(Complete(name, version));
  return version;
}

absl::StatusOr<v1::ModelVersion> StoredModelRegistry::Publish(const v1::PublishModelRequest& request,
                                                              const std::string& bundle_dir) {
  ASSIGN_OR_RETURN(const v1::ModelVersion published, publisher_.Publish(request, bundle_dir));
  aliases_.Clear();
  ASSIGN_OR_RETURN(const ModelName name, ParseModelName(published.name(), "name"));
  return Describe(name);
}

absl::StatusOr<std::optional<v1::ModelVersion>> StoredModelRegistry::FindPublished(
    const v1::PublishModelRequest& request) {
  ASSIGN_OR_RETURN(const std::optional<v1::ModelVersion> made, publisher_.FindPublished(request));
  if (!made.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const ModelName name, ParseModelName(made->name(), "name"));
  return Describe(name);
}

absl::StatusOr<v1::ListModelsResponse> StoredModelRegistry::List(const v1::ListModelsRequest& request) {
  std::string id;
  if (!request.model().empty()) {
    ASSIGN_OR_RETURN(ModelName name, ParseModelName(request.model(), "model"));
    id = std::move(name.id);
  }
  const std::string listing = absl::StrCat("models/", id);
  ASSIGN_OR_RETURN(const PageRequest page, MakePageRequest(request.page_size(), request.page_token(), listing));
  ASSIGN_OR_RETURN(Page<v1::ModelVersion> found, options_.store->ListModelVersions(id, page));
  v1::ListModelsResponse response;
  for (v1::ModelVersion& version : found.items) {
    ASSIGN_OR_RETURN(const ModelName name, ParseModelName(version.name(), "name"));
    RETURN_IF_ERROR(Complete(name, version));
    *response.add_models() = std::move(version);
  }
  response.set_next_page_token(MakePageToken(found.next, listing));
  return response;
}

absl::StatusOr<v1::ModelVersion> StoredModelRegistry::Unload(const v1::UnloadModelRequest& request) {
  ASSIGN_OR_RETURN(const ModelName name, Resolve(request.name(), "name"));
  ASSIGN_OR_RETURN(v1::ModelVersion version, Describe(name));
  if (!cache_.Release(name.ToString())) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat(name.ToString(), " is not loaded")),
                      "MODEL_NOT_LOADED");
  }
  version.set_loaded(false);
  return version;
}

absl::StatusOr<v1::ModelVersion> StoredModelRegistry::SetAlias(const v1::SetAliasRequest& request) {
  RETURN_IF_ERROR(PrefixField(ValidateId(request.alias(), "the alias"), "alias"));
  ASSIGN_OR_RETURN(const ModelName name, Resolve(request.name(), "name"));
  RETURN_IF_ERROR(options_.store->SetAlias(name.id, request.alias(), name.version));
  aliases_.Clear();
  return Describe(name);
}

absl::Status StoredModelRegistry::Delete(const v1::DeleteModelRequest& request) {
  ASSIGN_OR_RETURN(const ModelName parsed, ParseModelName(request.name(), "name"));
  if (parsed.version == 0 && parsed.alias.empty()) return DeleteAll(parsed);
  ASSIGN_OR_RETURN(const ModelName name, aliases_.Resolve(parsed));
  RETURN_IF_ERROR(options_.store->DeleteModelVersion(name.id, name.version));
  aliases_.Clear();
  return RemoveVersion(name);
}

absl::Status StoredModelRegistry::DeleteAll(const ModelName& model) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> versions, options_.store->DeleteModel(model.id));
  aliases_.Clear();
  absl::Status removed;
  for (const int64_t version : versions) removed.Update(RemoveVersion(ModelName{model.id, version, ""}));
  return removed;
}

absl::Status StoredModelRegistry::RemoveVersion(const ModelName& name) {
  cache_.Forget(name.ToString());
  classifiers_.Forget(name.ToString());
  return folders_.Remove(name.id, name.version);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelRegistry>> ModelRegistry::Create(ModelRegistryOptions options) {
  if (options.file_system == nullptr || options.clock == nullptr || options.store == nullptr ||
      options.metrics == nullptr) {
    return absl::InvalidArgumentError("ModelRegistryOptions: file_system, clock, store and metrics must be set");
  }
  if (options.max_loaded < 1) return absl::InvalidArgumentError("max_loaded must be at least 1");
  if (!options.create_renderer) options.create_renderer = &model::Renderer::Create;
  auto registry = std::make_unique<StoredModelRegistry>(std::move(options));
  RETURN_IF_ERROR(registry->Prepare());
  return registry;
}

}  // namespace facet::server
