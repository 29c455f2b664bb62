// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_MODELS_MODEL_REGISTRY_H_
#define FACET_SERVER_CORE_MODELS_MODEL_REGISTRY_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "facet/v1/model.pb.h"
#include "facet/v1/training.pb.h"
#include "model/evaluate/judge.h"
#include "model/features/schema.h"
#include "model/image/pixels.h"
#include "model/preset/net_shape.h"
#include "model/render/renderer.h"
#include "server/core/device_faults.h"
#include "server/core/metrics/metrics.h"
#include "server/core/store/store.h"

namespace facet::server {

// A model version in memory. Whoever holds one keeps it alive; it goes when
// the last holder lets go. Thread-safe except for the renderer, which the
// render engine alone uses.
struct LoadedModel {
  std::string name;  // `models/digits@3`
  v1::ModelCard card;
  model::FeatureSchema schema;
  std::unique_ptr<model::Renderer> renderer;
};
using ModelHandle = std::shared_ptr<LoadedModel>;

// The classifier of a model version in memory, on the same terms.
struct LoadedClassifier {
  // model::Judge::Classify, for one caller at a time. Thread-safe; blocks.
  absl::Status Classify(const float* images, int count, float* probabilities) ABSL_LOCKS_EXCLUDED(mutex);

  std::string name;  // `models/digits@3`
  model::FeatureSchema schema;
  int image_size = 0;                     // side, pixels
  DeviceFaults* device_faults = nullptr;  // may be null
  absl::Mutex mutex;                      // of Judge::Classify
  std::unique_ptr<model::Judge> judge;
};
using ClassifierHandle = std::shared_ptr<LoadedClassifier>;

// As model::Renderer::Create.
using RendererFactory = std::function<absl::StatusOr<std::unique_ptr<model::Renderer>>(
    const model::GeneratorShape& shape, absl::string_view weights, const model::RendererOptions& options)>;

struct ModelRegistryOptions {
  std::string root;  // <state_dir>/models
  // Versions in memory, those counted that were unloaded and are still in use.
  // Classifiers are not: two are kept, and those that filters of streams hold.
  int max_loaded = 4;
  model::RendererOptions renderer;
  // Null means model::Renderer::Create.
  RendererFactory create_renderer;
  // Hears of a device that fails while a model is loaded or classifies; outlives
  // the registry. May be null.
  DeviceFaults* device_faults = nullptr;
  FileSystem* file_system = nullptr;
  Clock* clock = nullptr;                 // stamps versions
  Clock* steady_clock = Clock::Steady();  // measures loading
  Store* store = nullptr;
  Metrics* metrics = nullptr;
  // Hears of folders that the store does not know; they are left alone. May be
  // null.
  std::function<void(const std::string& folder)> on_unknown_folder;
};

// Model versions of the server: on disk, in the store, in memory. The one
// writer of the store's models, so that names already resolved need no disk.
// Thread-safe; calls block on the disk, and Acquire for as long as a model
// takes to load; one load serves all who wait for it.
class ModelRegistry {
 public:
  // Clears away what a server that died left half-written. INVALID_ARGUMENT: a
  // missing part, or no room for any model.
  static absl::StatusOr<std::unique_ptr<ModelRegistry>> Create(ModelRegistryOptions options);
  virtual ~ModelRegistry() = default;

  // The handle of a version, alias or model, loaded if need be; the least
  // recently used idle model makes room, once the new one has proved sound on
  // disk. DATA_LOSS: damaged bundle; NOT_FOUND: no such version, or deleted while
  // it was read; errors of FileSystem: it cannot be read now. RESOURCE_EXHAUSTED
  // (MODELS_BUSY, RetryInfo): as many as fit are in use.
  virtual absl::StatusOr<ModelHandle> Acquire(absl::string_view name, absl::string_view field) = 0;
  // The same if it is in memory now, else null; may ask the store, reads no
  // bundle.
  virtual absl::StatusOr<ModelHandle> AcquireLoaded(absl::string_view name, absl::string_view field) = 0;
  // The same without the store: null also where it would have to be asked for an
  // alias. Does not block.
  virtual absl::StatusOr<ModelHandle> TryAcquire(absl::string_view name, absl::string_view field) = 0;

  // The classifier of a version, alias or model, loaded if need be; a few are
  // kept. DATA_LOSS: damaged bundle. FAILED_PRECONDITION (NO_CLASSIFIER): the
  // model has none.
  virtual absl::StatusOr<ClassifierHandle> AcquireClassifier(absl::string_view name, absl::string_view field) = 0;

  // Makes the bundle in `bundle_dir` (of an ended job) the next version of
  // `request.model_id`, moves `latest` and the asked aliases. Idempotent by
  // request_id. ALREADY_EXISTS (REQUEST_ID_REUSED): the request id made a
  // version of another model, or by a request that asked for something else; the
  // message names the fields. DATA_LOSS: damaged bundle; nothing has changed.
  virtual absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModelRequest& request,
                                                   const std::string& bundle_dir) = 0;
  // The version that `request.request_id` has made before, so that Publish would
  // return it and look at no bundle. Its errors.
  virtual absl::StatusOr<std::optional<v1::ModelVersion>> FindPublished(const v1::PublishModelRequest& request) = 0;

  // As v1.ModelService says.
  virtual absl::StatusOr<v1::ListModelsResponse> List(const v1::ListModelsRequest& request) = 0;
  virtual absl::StatusOr<v1::ModelVersion> Get(const v1::GetModelRequest& request) = 0;
  virtual absl::StatusOr<v1::ModelVersion> Load(const v1::LoadModelRequest& request) = 0;
  virtual absl::StatusOr<v1::ModelVersion> Unload(const v1::UnloadModelRequest& request) = 0;
  virtual absl::StatusOr<v1::ModelVersion> SetAlias(const v1::SetAliasRequest& request) = 0;
  // Where `latest` goes with its version, it moves to the newest that is left.
  virtual absl::Status Delete(const v1::DeleteModelRequest& request) = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_MODELS_MODEL_REGISTRY_H_
