// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_FAKE_MODEL_REGISTRY_H_
#define FACET_TESTS_SERVER_RPC_FAKES_FAKE_MODEL_REGISTRY_H_

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "server/core/models/model_registry.h"
#include "server/core/resource_name.h"

namespace facet::server {

// A generator that is never asked to render: the fake engine paints itself.
class FakeRenderer final : public model::Renderer {
 public:
  FakeRenderer(model::ImageShape shape, int total_classes) : shape_(shape), total_classes_(total_classes) {}
  absl::Status Render(absl::Span<const float>, int, const model::PixelFormat&, void*) override {
    return absl::InternalError("not here");
  }
  const model::ImageShape& shape() const override { return shape_; }
  int total_classes() const override { return total_classes_; }
  const std::string& device() const override { return device_; }
  int64_t memory_bytes() const override { return 1; }

 private:
  const model::ImageShape shape_;
  const int total_classes_;
  const std::string device_ = "cpu";
};

// What all classifiers of a registry share.
struct Classifying {
  absl::Mutex mutex;
  bool hold ABSL_GUARDED_BY(mutex) = false;
  bool held ABSL_GUARDED_BY(mutex) = false;  // one is being held
  int acquired ABSL_GUARDED_BY(mutex) = 0;
  std::atomic<int> images{0};
};

// Knows the feature colour alone: red by the mean of an image's red channel,
// green is the rest.
class BrightnessJudge final : public model::Judge {
 public:
  explicit BrightnessJudge(Classifying* state) : state_(state) {}
  bool Knows(int feature) const override { return feature == 1; }
  absl::Status Classify(const float* images, int count, float* probabilities) override {
    {
      const absl::MutexLock lock(&state_->mutex);
      const auto released = [](bool* hold) { return !*hold; };
      state_->held = state_->hold;
      state_->mutex.Await(absl::Condition(+released, &state_->hold));
    }
    for (int i = 0; i < count; ++i) {
      float red = 0;
      for (int pixel = 0; pixel < 64; ++pixel) red += images[(i * 64 + pixel) * 3] / 64;
      probabilities[i * 5 + 3] = red;
      probabilities[i * 5 + 4] = 1 - red;
    }
    state_->images.fetch_add(count);
    return absl::OkStatus();
  }
  int embedding_size(int) const override { return 0; }
  absl::Status Embed(const float*, int, float*) override { return absl::InternalError("not here"); }

 private:
  Classifying* const state_;
};

// Has one model, `models/digits@3`, with the features digit (0, 1, 2) and colour
// (red, green). Thread-safe.
class FakeModelRegistry final : public ModelRegistry {
 public:
  explicit FakeModelRegistry(model::ImageShape shape = {4, 4, 3}) {
    model_ = std::make_shared<LoadedModel>();
    model_->name = "models/digits@3";
    model_->schema = *model::FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "green"}}});
    model_->renderer = std::make_unique<FakeRenderer>(shape, model_->schema.total_classes());
  }

  // Whether TryAcquire finds the model; Acquire always loads it.
  void SetLoaded(bool loaded) { loaded_.store(loaded); }
  int loads() const { return loads_.load(); }
  const ModelHandle& model() const { return model_; }

  absl::StatusOr<ModelHandle> Acquire(absl::string_view name, absl::string_view field) override {
    absl::Status found = Find(name, field);
    if (!found.ok()) return found;
    if (!loaded_.exchange(true)) loads_.fetch_add(1);
    return model_;
  }
  absl::StatusOr<ModelHandle> AcquireLoaded(absl::string_view name, absl::string_view field) override {
    return TryAcquire(name, field);
  }
  absl::StatusOr<ModelHandle> TryAcquire(absl::string_view name, absl::string_view field) override {
    absl::Status found = Find(name, field);
    if (!found.ok()) return found;
    return loaded_.load() ? model_ : nullptr;
  }

  absl::StatusOr<ClassifierHandle> AcquireClassifier(absl::string_view name, absl::string_view field) override {
    absl::Status found = Find(name, field);
    if (!found.ok()) return found;
    auto classifier = std::make_shared<LoadedClassifier>();
    classifier->name = model_->name;
    classifier->schema = model_->schema;
    classifier->image_size = 8;
    classifier->judge = std::make_unique<BrightnessJudge>(&classifying_);
    const absl::MutexLock lock(&classifying_.mutex);
    ++classifying_.acquired;
    return ClassifierHandle(std::move(classifier));
  }
  // While set, classifiers take no end of time over a batch.
  void HoldClassifiers(bool hold) {
    const absl::MutexLock lock(&classifying_.mutex);
    classifying_.hold = hold;
  }
  // Blocks until so many calls have a classifier.
  void AwaitClassifiers(int count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(classifying_.mutex) { return classifying_.acquired >= count; };
    const absl::MutexLock lock(&classifying_.mutex, absl::Condition(&there));
  }
  // Blocks until one is being held.
  void AwaitHeld() {
    const absl::MutexLock lock(&classifying_.mutex);
    classifying_.mutex.Await(absl::Condition(&classifying_.held));
  }
  int images_classified() const { return classifying_.images.load(); }

  absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModelRequest& request,
                                           const std::string& bundle_dir) override {
    if (request.model_id() == "damaged") {
      return WithReason(absl::DataLossError(absl::StrCat("'", bundle_dir, "' is damaged")), "CHECKSUM_MISMATCH");
    }
    v1::ModelVersion version;
    version.set_name(absl::StrCat("models/", request.model_id(), "@1"));
    version.mutable_card()->set_description(bundle_dir);
    return version;
  }
  // "published-before" is a request id that has made a version.
  absl::StatusOr<std::optional<v1::ModelVersion>> FindPublished(const v1::PublishModelRequest& request) override {
    if (request.request_id() != "published-before") return std::nullopt;
    return Version();
  }
  absl::StatusOr<v1::ListModelsResponse> List(const v1::ListModelsRequest&) override {
    v1::ListModelsResponse response;
    *response.add_models() = Version();
    return response;
  }
  absl::StatusOr<v1::ModelVersion> Get(const v1::GetModelRequest& request) override { return Named(request.name()); }
  absl::StatusOr<v1::ModelVersion> Load(const v1::LoadModelRequest& request) override { return Named(request.name()); }
  absl::StatusOr<v1::ModelVersion> Unload(const v1::UnloadModelRequest& request) override {
    return Named(request.name());
  }
  absl::StatusOr<v1::ModelVersion> SetAlias(const v1::SetAliasRequest& request) override {
    auto version = Named(request.name());
    if (version.ok()) version->add_aliases(request.alias());
    return version;
  }
  absl::Status Delete(const v1::DeleteModelRequest& request) override {
    if (request.name() == "throw") throw std::runtime_error("a part that breaks its word");
    return Find(request.name(), "name");
  }

 private:
  v1::ModelVersion Version() const {
    v1::ModelVersion version;
    version.set_name(model_->name);
    return version;
  }
  absl::StatusOr<v1::ModelVersion> Named(const std::string& name) const {
    absl::Status found = Find(name, "name");
    if (!found.ok()) return found;
    return Version();
  }
  static absl::Status Find(absl::string_view name, absl::string_view field) {
    auto parsed = ParseModelName(name, field);
    if (!parsed.ok()) return parsed.status();
    if (parsed->id == "digits") return absl::OkStatus();
    return ResourceNotFound("facet.v1.Model", parsed->ToString(),
                            absl::StrCat("there is no model '", parsed->ToString(), "'"));
  }

  ModelHandle model_;
  std::atomic<bool> loaded_{true};
  std::atomic<int> loads_{0};
  Classifying classifying_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_FAKE_MODEL_REGISTRY_H_
