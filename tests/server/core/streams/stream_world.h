// SPDX-License-Identifier: Apache-2.0
// What streams stand on, for tests: a real render engine, models that render
// noise, data sets on disk.
#ifndef FACET_TESTS_SERVER_CORE_STREAMS_STREAM_WORLD_H_
#define FACET_TESTS_SERVER_CORE_STREAMS_STREAM_WORLD_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "server/core/streams/batch_stream.h"
#include "server/core/streams/classifier_judge.h"
#include "tests/base/temp_dir.h"
#include "tests/model/augment/recipes.h"
#include "tests/model/data/dataset_builder.h"
#include "tests/server/core/models/fake_renderer.h"

namespace facet::server {

// Names that tests point at models. Thread-safe.
class WorldModels final : public ModelRegistry {
 public:
  void Point(const std::string& name, ModelHandle model) {
    absl::MutexLock lock(&mutex_);
    models_[name] = std::move(model);
  }
  void Forget(const std::string& name) {
    absl::MutexLock lock(&mutex_);
    models_.erase(name);
  }
  absl::StatusOr<ModelHandle> Acquire(absl::string_view name, absl::string_view field) override {
    if (name.empty()) return InvalidField(field, "INVALID_NAME", "the name is empty");
    absl::MutexLock lock(&mutex_);
    const auto found = models_.find(std::string(name));
    if (found != models_.end()) return found->second;
    return ResourceNotFound("facet.v1.Model", name, "there is no such model");
  }
  absl::StatusOr<ModelHandle> AcquireLoaded(absl::string_view name, absl::string_view field) override {
    return Acquire(name, field);
  }
  absl::StatusOr<ModelHandle> TryAcquire(absl::string_view name, absl::string_view field) override {
    return Acquire(name, field);
  }
  void Teach(const std::string& name, ClassifierHandle classifier) {
    absl::MutexLock lock(&mutex_);
    classifiers_[name] = std::move(classifier);
  }
  absl::StatusOr<ClassifierHandle> AcquireClassifier(absl::string_view name, absl::string_view) override {
    absl::MutexLock lock(&mutex_);
    const auto found = classifiers_.find(std::string(name));
    if (found != classifiers_.end()) return found->second;
    return ResourceNotFound("facet.v1.Model", name, "there is no such model");
  }
  absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModelRequest&, const std::string&) override {
    return Unused();
  }
  absl::StatusOr<std::optional<v1::ModelVersion>> FindPublished(const v1::PublishModelRequest&) override {
    return Unused();
  }
  absl::StatusOr<v1::ListModelsResponse> List(const v1::ListModelsRequest&) override { return Unused(); }
  // A card for whatever is asked.
  absl::StatusOr<v1::ModelVersion> Get(const v1::GetModelRequest& request) override {
    v1::ModelVersion version;
    version.set_name(request.name());
    version.mutable_card()->set_weights_sha256("weights of " + request.name());
    return version;
  }
  absl::StatusOr<v1::ModelVersion> Load(const v1::LoadModelRequest&) override { return Unused(); }
  absl::StatusOr<v1::ModelVersion> Unload(const v1::UnloadModelRequest&) override { return Unused(); }
  absl::StatusOr<v1::ModelVersion> SetAlias(const v1::SetAliasRequest&) override { return Unused(); }
  absl::Status Delete(const v1::DeleteModelRequest&) override { return Unused(); }

 private:
  static absl::Status Unused() { return absl::UnimplementedError("not used by streams"); }
  absl::Mutex mutex_;
  std::map<std::string, ModelHandle> models_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, ClassifierHandle> classifiers_ ABSL_GUARDED_BY(mutex_);
};

// Folders that tests make. Thread-safe, once they are made.
class WorldDatasets final : public DatasetRegistry {
 public:
  // `datasets/NAME@1` lies at `folder`.
  void Add(const std::string& name, const std::string& folder) { folders_["datasets/" + name + "@1"] = folder; }
  void Remove(const std::string& name) { folders_.erase("datasets/" + name + "@1"); }

  absl::StatusOr<std::unique_ptr<Import>> BeginImport(const v1::ImportSpec&) override { return Unused(); }
  absl::StatusOr<v1::Dataset> Get(const v1::GetDatasetRequest& request) override {
    if (request.name().empty()) return InvalidField("name", "INVALID_NAME", "the name is empty");
    v1::Dataset dataset;
    dataset.set_name(absl::StrCat("datasets/", request.name(), "@1"));
    if (folders_.count(dataset.name()) != 0) return dataset;
    return ResourceNotFound("facet.v1.Dataset", request.name(), "there is no such data set");
  }
  absl::StatusOr<v1::ListDatasetsResponse> List(const v1::ListDatasetsRequest&) override { return Unused(); }
  absl::StatusOr<v1::ReadDatasetImagesResponse> ReadImages(const v1::ReadDatasetImagesRequest&) override {
    return Unused();
  }
  absl::Status Delete(const v1::DeleteDatasetRequest&) override { return Unused(); }
  absl::StatusOr<std::string> FolderOf(const v1::Dataset& dataset) override { return folders_.at(dataset.name()); }
  absl::StatusOr<std::shared_ptr<const model::Dataset>> OpenImages(const v1::Dataset& dataset) override {
    return model::Dataset::Open(*FileSystem::Posix(), folders_.at(dataset.name()));
  }
  absl::StatusOr<std::shared_ptr<void>> Pin(const std::string&) override { return Unused(); }
  void SetUsageCheck(std::function<absl::Status(const std::string&)>) override {}

 private:
  static absl::Status Unused() { return absl::UnimplementedError("not used by streams"); }
  std::map<std::string, std::string> folders_;
};

// One batch as a client has it.
struct Received {
  v1::StreamBatchesResponse message;
  std::string pixels;

  // Everything that must be the same, whoever reads, but for the end of an
  // epoch, which depends on who does.
  std::string Bytes() const {
    v1::StreamBatchesResponse copy = message;
    copy.clear_token();
    copy.clear_epoch_end();
    return copy.SerializeAsString() + pixels;
  }
};

// Blocks for the next batch; OUT_OF_RANGE after the last.
inline absl::StatusOr<Received> ReadBatch(BatchStream& stream, bool another = true) {
  absl::Notification done;
  absl::StatusOr<StreamBatch> batch;
  stream.Next(another, [&](absl::StatusOr<StreamBatch> made) {
    batch = std::move(made);
    done.Notify();
  });
  done.WaitForNotification();
  if (!batch.ok()) return batch.status();
  if (batch->encoded != nullptr) {
    EXPECT_TRUE(batch->message.MergeFromString(*batch->encoded));
  }
  return Received{std::move(batch->message), batch->pixels == nullptr ? "" : *batch->pixels};
}

// The model `fake@1` (features shape and colour) under the names "fake" and
// "fake@1", and the data set "real" of the same features, each combination
// once, 4 x 4 pixels.
class StreamWorld {
 public:
  // `judged`: models' classifiers judge for filters.
  explicit StreamWorld(FakeRenderer::Hook hook = nullptr, BatchStreamFactoryOptions options = {}, bool judged = false) {
    const ModelHandle model = MakeFakeModel("models/fake@1", 4, std::move(hook));
    models.Point("fake", model);
    models.Point("fake@1", model);
    schema = model->schema;
    const auto labels = model::AllCombinations(schema);
    EXPECT_TRUE(model::WriteDataset(FileSystem::Posix(), dir.path() + "/real", schema, labels, {4, 4, 3}).ok());
    datasets.Add("real", dir.path() + "/real");
    RenderEngineOptions engine_options;
    engine_options.max_batch = 8;
    engine_options.max_queue = 64;
    engine_options.clock = Clock::Real();
    engine_options.metrics = metrics.get();
    engine = RenderEngine::Create(std::move(engine_options)).value();
    options.chunk_images = 8;
    options.models = &models;
    if (judged) options.judges = JudgeByModels(&models);
    options.datasets = &datasets;
    options.engine = engine.get();
    options.metrics = metrics.get();
    options.clock = Clock::Real();
    factory = BatchStreamFactory::Create(std::move(options)).value();
  }

  static v1::StreamStart Start(const std::string& spec, const std::string& token = "") {
    v1::StreamStart start;
    start.mutable_spec()->set_model("fake");
    start.mutable_spec()->MergeFrom(FromText<v1::StreamSpec>(spec));
    start.set_resume_token(token);
    return start;
  }
  absl::StatusOr<std::unique_ptr<BatchStream>> Open(const std::string& spec, const std::string& token = "") {
    return factory->Open(Start(spec, token));
  }
  // All batches of a stream, from `token` on, `most` at the most.
  std::vector<Received> ReadAll(const std::string& spec, const std::string& token = "", size_t most = 100000) {
    auto stream = Open(spec, token);
    EXPECT_TRUE(stream.ok()) << stream.status();
    std::vector<Received> all;
    while (stream.ok() && all.size() < most) {
      auto batch = ReadBatch(**stream);
      if (absl::IsOutOfRange(batch.status())) break;
      EXPECT_TRUE(batch.ok()) << batch.status();
      if (!batch.ok()) break;
      all.push_back(*std::move(batch));
    }
    return all;
  }

  TempDir dir;
  WorldModels models;
  WorldDatasets datasets;
  model::FeatureSchema schema;
  std::unique_ptr<Metrics> metrics = Metrics::Create();
  std::unique_ptr<RenderEngine> engine;
  std::unique_ptr<BatchStreamFactory> factory;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_STREAMS_STREAM_WORLD_H_
