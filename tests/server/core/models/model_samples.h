// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_MODELS_MODEL_SAMPLES_H_
#define FACET_TESTS_SERVER_CORE_MODELS_MODEL_SAMPLES_H_

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/fake_clock.h"
#include "base/file_system.h"
#include "model/bundle/bundle.h"
#include "model/bundle/safetensors.h"
#include "model/features/schema_proto.h"
#include "model/preset/preset.h"
#include "server/core/models/model_registry.h"
#include "tests/base/faulty_file_system.h"
#include "tests/server/core/models/fake_renderer.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {

// The card of a model of 12 x 12 pixels with the features of MakeFakeModel.
inline v1::ModelCard MakeCard() {
  v1::ModelCard card;
  *card.mutable_preset() = model::ParsePreset(R"pb(
                                                name: "tiny"
                                                generator {
                                                  feature_width: 5
                                                  joint_widths: 7
                                                  base_size: 3
                                                  base_channels: 4
                                                  layers { out_channels: 6 kernel: 4 padding: 1 }
                                                  layers { out_channels: 3 kernel: 4 padding: 1 }
                                                  image_size: 12
                                                  leaky_slope: 0.1
                                                }
                                                classifier {
                                                  blocks { out_channels: 4 kernel: 3 padding: 1 }
                                                  head_widths: 6
                                                  leaky_slope: 0.2
                                                }
                                                training {
                                                  steps: 100
                                                  batch_size: 8
                                                  update_rule: UPDATE_RULE_REAL
                                                  pixel_weight: 1
                                                  class_weight: 10
                                                  learning_rate: 2e-4
                                                  beta1: 0.9
                                                  beta2: 0.99
                                                  epsilon: 1e-8
                                                  schedule { kind: SCHEDULE_KIND_PAPER }
                                                }
                                              )pb",
                                              "tiny")
                               .value();
  *card.mutable_schema() = model::SchemaToProto(MakeFakeModel()->schema);
  card.set_height(12);
  card.set_width(12);
  card.set_channels(3);
  card.set_training_job("trainingJobs/job-1");
  return card;
}

// Weights that tell one bundle from another.
inline std::string MakeWeights(int mark = 0) {
  const std::string bytes(4, static_cast<char>(mark));
  return model::SerializeSafetensors({{"generator.mark", {model::TensorType::kFloat32, {1}, bytes}}}, {});
}

// Flips a bit in the middle of a file.
inline void DamageFile(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(file.is_open()) << path;
  file.seekg(0, std::ios::end);
  const std::streamoff middle = file.tellg() / 2;
  file.seekg(middle);
  const char byte = static_cast<char>(file.get());
  file.seekp(middle);
  file.put(static_cast<char>(byte ^ 1));
}

// A registry on a real store and a real disk, with fake renderers.
class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() { Restart(); }

  void Restart(int max_loaded = 2) {
    registry_.reset();
    ModelRegistryOptions options;
    options.root = root();
    options.max_loaded = max_loaded;
    options.create_renderer = [this](const model::GeneratorShape& shape, absl::string_view weights,
                                     const model::RendererOptions&) { return CreateRenderer(shape, weights); };
    options.file_system = &disk_;
    options.clock = &clock_;
    options.store = store_.get();
    options.metrics = metrics_.get();
    options.device_faults = &device_faults_;
    options.on_unknown_folder = [this](const std::string& folder) { unknown_.push_back(folder); };
    auto registry = ModelRegistry::Create(std::move(options));
    ASSERT_TRUE(registry.ok()) << registry.status();
    registry_ = *std::move(registry);
  }

  virtual absl::StatusOr<std::unique_ptr<model::Renderer>> CreateRenderer(const model::GeneratorShape& shape,
                                                                          absl::string_view) {
    return std::make_unique<FakeRenderer>(model::ImageShape{shape.image_size(), shape.image_size(), 3}, 6);
  }

  std::string root() const { return store_.folder() / "models"; }

  // A bundle as a trainer leaves it.
  std::string MakeBundle(int mark = 0) {
    const std::string path = store_.folder() / absl::StrCat("bundle-", RandomHexId());
    EXPECT_TRUE(model::WriteBundle(FileSystem::Posix(), path, MakeCard(), MakeWeights(mark)).ok());
    return path;
  }

  absl::StatusOr<v1::ModelVersion> Publish(const std::string& model_id, const std::vector<std::string>& aliases = {},
                                           const std::string& request_id = "") {
    v1::PublishModelRequest request;
    request.set_name("trainingJobs/job-1");
    request.set_model_id(model_id);
    request.mutable_aliases()->Assign(aliases.begin(), aliases.end());
    request.set_description("made by a test");
    request.set_request_id(request_id);
    return registry_->Publish(request, MakeBundle());
  }

  absl::StatusOr<v1::ModelVersion> Get(const std::string& name) {
    v1::GetModelRequest request;
    request.set_name(name);
    return registry_->Get(request);
  }
  absl::StatusOr<v1::ModelVersion> Load(const std::string& name) {
    v1::LoadModelRequest request;
    request.set_name(name);
    return registry_->Load(request);
  }
  absl::StatusOr<v1::ModelVersion> Unload(const std::string& name) {
    v1::UnloadModelRequest request;
    request.set_name(name);
    return registry_->Unload(request);
  }
  absl::StatusOr<v1::ModelVersion> SetAlias(const std::string& name, const std::string& alias) {
    v1::SetAliasRequest request;
    request.set_name(name);
    request.set_alias(alias);
    return registry_->SetAlias(request);
  }
  absl::Status Delete(const std::string& name) {
    v1::DeleteModelRequest request;
    request.set_name(name);
    return registry_->Delete(request);
  }
  // Name of the version that `name` means, or the error's code.
  std::string Resolved(const std::string& name) {
    const auto info = Get(name);
    return info.ok() ? info->name() : absl::StatusCodeToString(info.status().code());
  }

  FaultyFileSystem disk_{FileSystem::Posix()};
  FakeClock clock_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Create();
  int faults_ = 0;
  DeviceFaults device_faults_{metrics_.get(), [this](const absl::Status&) { ++faults_; }};
  TempStore store_;
  std::vector<std::string> unknown_;  // folders
  std::unique_ptr<ModelRegistry> registry_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_MODELS_MODEL_SAMPLES_H_
