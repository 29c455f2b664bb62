// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_MODELS_FAKE_RENDERER_H_
#define FACET_TESTS_SERVER_CORE_MODELS_FAKE_RENDERER_H_

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "base/random.h"
#include "model/features/schema.h"
#include "model/render/renderer.h"
#include "server/core/models/model_registry.h"

namespace facet::server {

// The samples of the image that FakeRenderer makes of a feature vector: a pure
// function of it, as of a real one.
inline std::vector<uint8_t> FakeImage(absl::Span<const float> row, const model::ImageShape& shape) {
  const absl::string_view bytes(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float));
  CounterRandom random(StableHash(bytes), "fake image", 0);
  std::vector<uint8_t> samples(shape.samples());
  for (uint8_t& sample : samples) sample = static_cast<uint8_t>(random.NextUint32());
  return samples;
}

// Renders noise that depends on the feature vector alone, as HWC in either
// layout: tests compare bytes, they do not look.
class FakeRenderer final : public model::Renderer {
 public:
  // Called before each batch; an error is returned instead of images.
  using Hook = std::function<absl::Status(int count)>;

  FakeRenderer(model::ImageShape shape, int total_classes, Hook hook = nullptr)
      : shape_(shape), total_classes_(total_classes), hook_(std::move(hook)) {}

  absl::Status Render(absl::Span<const float> dense, int count, const model::PixelFormat& format,
                      void* pixels) override {
    if (hook_ != nullptr) {
      absl::Status status = hook_(count);
      if (!status.ok()) return status;
    }
    if (dense.size() != size_t{1} * count * total_classes_) return absl::InternalError("a batch of a wrong size");
    char* target = static_cast<char*>(pixels);
    for (int i = 0; i < count; ++i) {
      for (const uint8_t sample : FakeImage(dense.subspan(size_t{1} * i * total_classes_, total_classes_), shape_)) {
        if (format.type == model::PixelType::kUint8) {
          *target = static_cast<char>(sample);
        } else {
          const float value = static_cast<float>(sample) / 255;
          std::memcpy(target, &value, sizeof(value));
        }
        target += format.bytes_per_sample();
      }
    }
    return absl::OkStatus();
  }

  const model::ImageShape& shape() const override { return shape_; }
  int total_classes() const override { return total_classes_; }
  const std::string& device() const override { return device_; }
  int64_t memory_bytes() const override { return 1000; }

 private:
  const model::ImageShape shape_;
  const int total_classes_;
  const Hook hook_;
  const std::string device_ = "fake";
};

// A model with the features shape (4 classes) and colour (2), images of
// `side` pixels.
inline ModelHandle MakeFakeModel(const std::string& name = "models/fake@1", int side = 4,
                                 FakeRenderer::Hook hook = nullptr) {
  auto model = std::make_shared<LoadedModel>();
  model->name = name;
  model->schema =
      model::FeatureSchema::Create({{"shape", {"disc", "ring", "box", "star"}}, {"colour", {"red", "green"}}}).value();
  model->renderer = std::make_unique<FakeRenderer>(model::ImageShape{side, side, 3}, 6, std::move(hook));
  return model;
}

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_MODELS_FAKE_RENDERER_H_
