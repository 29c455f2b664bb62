// SPDX-License-Identifier: Apache-2.0
// The renderer as others use it, and the one through LibTorch, which runs here
// on the CPU: it is the plain path that the other is held against.
#include "model/render/renderer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/render/torch_renderer.h"
#include "random_net.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;

constexpr PixelFormat kFloats = {PixelType::kFloat32, PixelLayout::kNchw};

RendererOptions OnCpu(int max_batch) {
  RendererOptions options;
  options.device = "cpu";
  options.threads = 2;
  options.max_batch = max_batch;
  return options;
}

std::string Render(Renderer& renderer, absl::Span<const float> vectors, int count, PixelFormat format) {
  std::string pixels(count * renderer.shape().samples() * format.bytes_per_sample(), '\0');
  const absl::Status status = renderer.Render(vectors, count, format, pixels.data());
  EXPECT_TRUE(status.ok()) << status;
  return pixels;
}

double LargestDifference(const std::string& a, const std::string& b) {
  double largest = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (size_t i = 0; i + 4 <= a.size(); i += 4) {
    float x, y;
    std::memcpy(&x, a.data() + i, 4);
    std::memcpy(&y, b.data() + i, 4);
    largest = std::max<double>(largest, std::abs(x - y));
  }
  return largest;
}

TEST(RendererTest, AgreesWithLibTorch) {
  for (const GeneratorShape& shape :
       {DigitsShape(), Face64Shape(), MakeShape({5, 3}, {13, 7}, {29}, 3, 11, {{9, 5, 1}, {7, 3, 0}, {3, 2, 0}})}) {
    const RandomNet net = MakeNet(shape, 1);
    auto renderer = Renderer::Create(shape, net.File(), OnCpu(4));
    ASSERT_TRUE(renderer.ok()) << renderer.status();
    auto torch = CreateTorchRenderer(shape, net.File(), OnCpu(4), /*tile=*/0);
    ASSERT_TRUE(torch.ok()) << torch.status();
    EXPECT_EQ((*renderer)->shape(), (*torch)->shape());
    EXPECT_EQ((*renderer)->total_classes(), (*torch)->total_classes());
    EXPECT_EQ((*torch)->device(), "cpu");
    const std::vector<float> vectors = MakeVectors(shape, 4, 1);
    EXPECT_LT(LargestDifference(Render(**renderer, vectors, 4, kFloats), Render(**torch, vectors, 4, kFloats)), 1e-5);
    // Bytes differ by one at most, and only where rounding is close.
    for (const PixelLayout layout : {PixelLayout::kNhwc, PixelLayout::kNchw}) {
      const std::string ours = Render(**renderer, vectors, 4, {PixelType::kUint8, layout});
      const std::string theirs = Render(**torch, vectors, 4, {PixelType::kUint8, layout});
      ASSERT_EQ(ours.size(), theirs.size());
      size_t different = 0;
      for (size_t i = 0; i < ours.size(); ++i) {
        const int a = static_cast<uint8_t>(ours[i]);
        const int b = static_cast<uint8_t>(theirs[i]);
        ASSERT_LE(std::abs(a - b), 1);
        different += a != b;
      }
      EXPECT_LE(different, ours.size() / 500);
    }
  }
}

TEST(RendererTest, LibTorchInTilesDoesNotDependOnTheBatch) {
  const RandomNet net = MakeNet(DigitsShape(), 2);
  auto torch = CreateTorchRenderer(net.shape, net.File(), OnCpu(20));
  ASSERT_TRUE(torch.ok()) << torch.status();
  const std::vector<float> vectors = MakeVectors(net.shape, 20, 2);
  const std::string all = Render(**torch, vectors, 20, kFloats);
  const size_t bytes = all.size() / 20;
  for (const int count : {1, 7, 8, 9, 16, 19}) {
    EXPECT_EQ(Render(**torch, absl::MakeSpan(vectors.data(), count * (*torch)->total_classes()), count, kFloats),
              all.substr(0, count * bytes))
        << count;
  }
}

TEST(RendererTest, LibTorchTakesNanForZero) {
  RandomNet net = MakeNet(DigitsShape(), 2);
  auto torch = CreateTorchRenderer(net.shape, net.File(), OnCpu(1));
  ASSERT_TRUE(torch.ok()) << torch.status();
  const std::vector<float> vectors(117, std::numeric_limits<float>::quiet_NaN());
  const std::string pixels = Render(**torch, vectors, 1, PixelFormat());
  EXPECT_EQ(pixels, std::string(pixels.size(), '\0'));
}

TEST(RendererTest, RefusesDevicesThatAreNone) {
  const RandomNet net = MakeNet(DigitsShape(), 3);
  RendererOptions options;
  for (const std::string device : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0"}) {
    options.device = device;
    const absl::Status status = Renderer::Create(net.shape, net.File(), options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << device;
    EXPECT_EQ(GetErrorDetail(status).field.value_or(""), "device");
  }
  options.device = "cuda:99";
  EXPECT_EQ(Renderer::Create(net.shape, net.File(), options).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RendererTest, AutomaticDeviceWorks) {
  const RandomNet net = MakeNet(DigitsShape(), 3);
  auto renderer = Renderer::Create(net.shape, net.File(), RendererOptions());
  ASSERT_TRUE(renderer.ok()) << renderer.status();
  const std::vector<float> vectors = MakeVectors(net.shape, 1, 3);
  auto cpu = Renderer::Create(net.shape, net.File(), OnCpu(1));
  ASSERT_TRUE(cpu.ok());
  EXPECT_LT(LargestDifference(Render(**renderer, vectors, 1, kFloats), Render(**cpu, vectors, 1, kFloats)), 1e-5);
}

TEST(RendererTest, RefusesDamagedWeights) {
  RandomNet net = MakeNet(DigitsShape(), 4);
  net.tensors["generator.joint.0.weight"][5] = std::numeric_limits<float>::quiet_NaN();
  for (const absl::Status& status : {Renderer::Create(net.shape, net.File(), OnCpu(1)).status(),
                                     CreateTorchRenderer(net.shape, net.File(), OnCpu(1)).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr("generator.joint.0.weight"));
  }
  EXPECT_EQ(Renderer::Create(net.shape, "", OnCpu(1)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(RendererTest, BothRefuseBadRequests) {
  const RandomNet net = MakeNet(DigitsShape(), 5);
  std::vector<std::unique_ptr<Renderer>> renderers;
  renderers.push_back(*Renderer::Create(net.shape, net.File(), OnCpu(2)));
  renderers.push_back(*CreateTorchRenderer(net.shape, net.File(), OnCpu(2)));
  for (const auto& renderer : renderers) {
    std::string pixels(3 * renderer->shape().samples(), '\0');
    const std::vector<float> vectors = MakeVectors(net.shape, 3, 5);
    EXPECT_EQ(renderer->Render(vectors, 3, PixelFormat(), pixels.data()).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(renderer->Render({}, 1, PixelFormat(), pixels.data()).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(pixels, std::string(pixels.size(), '\0'));
    EXPECT_GT(renderer->memory_bytes(), 4'000'000);
  }
}

}  // namespace
}  // namespace facet::model
