// SPDX-License-Identifier: Apache-2.0
#include "model/render/cpu_renderer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "random_net.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;

constexpr PixelFormat kFormats[] = {{PixelType::kUint8, PixelLayout::kNhwc},
                                    {PixelType::kUint8, PixelLayout::kNchw},
                                    {PixelType::kFloat32, PixelLayout::kNhwc},
                                    {PixelType::kFloat32, PixelLayout::kNchw}};
constexpr PixelFormat kFloats = {PixelType::kFloat32, PixelLayout::kNchw};

std::vector<const TileKernel*> Kernels() {
  std::vector<const TileKernel*> kernels;
  for (const TileKernel* kernel : {PortableTileKernel(), Avx2TileKernel(), Avx512TileKernel()}) {
    if (kernel != nullptr) kernels.push_back(kernel);
  }
  return kernels;
}

// Sizes that fill no vector, no tile and no panel evenly, kernels of each
// parity, paddings that cut a phase's first row, one layer and many.
std::vector<GeneratorShape> OddShapes() {
  return {
      MakeShape({10, 3, 4}, {16, 16, 8}, {32, 32}, 7, 16, {{8, 4, 1}, {3, 4, 1}}),
      MakeShape({5, 3}, {13, 7}, {29, 31}, 3, 11, {{9, 5, 1}, {7, 3, 0}, {3, 2, 0}}),
      MakeShape({1}, {3}, {}, 1, 5, {{37, 6, 1}, {3, 6, 2}}),
      MakeShape({4, 2}, {24, 40}, {64}, 4, 33, {{3, 5, 2}}),
      MakeShape({3, 3}, {8, 8}, {17}, 5, 19, {{3, 3, 1}, {4, 6, 0}, {17, 2, 0}, {3, 5, 0}}),
      MakeShape({7}, {33}, {65}, 2, 70, {{40, 5, 0}, {1, 3, 1}}),
      MakeShape({6}, {20}, {50}, 3, 12, {{20, 3, 0}, {6, 4, 2}}),
  };
}

std::unique_ptr<Renderer> MakeRenderer(const RandomNet& net, int max_batch, int threads,
                                       const TileKernel& kernel = FastestTileKernel()) {
  RendererOptions options;
  options.max_batch = max_batch;
  options.threads = threads;
  auto renderer = CreateCpuRenderer(net.shape, net.File(), options, kernel);
  EXPECT_TRUE(renderer.ok()) << renderer.status();
  return *std::move(renderer);
}

std::string Render(Renderer& renderer, absl::Span<const float> vectors, int count, PixelFormat format) {
  std::string pixels(count * renderer.shape().samples() * format.bytes_per_sample(), '\xaa');
  const absl::Status status = renderer.Render(vectors, count, format, pixels.data());
  EXPECT_TRUE(status.ok()) << status;
  return pixels;
}

std::vector<float> RenderFloats(Renderer& renderer, absl::Span<const float> vectors, int count) {
  const std::string bytes = Render(renderer, vectors, count, kFloats);
  std::vector<float> floats(bytes.size() / sizeof(float));
  std::memcpy(floats.data(), bytes.data(), bytes.size());
  return floats;
}

// Largest difference between the renderer's floats and the clamped reference.
double LargestError(const RandomNet& net, Renderer& renderer, int count, uint64_t seed) {
  const std::vector<float> vectors = MakeVectors(net.shape, count, seed);
  const std::vector<float> pixels = RenderFloats(renderer, vectors, count);
  const size_t samples = renderer.shape().samples();
  double largest = 0;
  for (int i = 0; i < count; ++i) {
    const std::vector<double> reference = ReferenceRender(net, vectors.data() + i * renderer.total_classes());
    EXPECT_EQ(reference.size(), samples);
    for (size_t s = 0; s < samples; ++s) {
      largest = std::max(largest, std::abs(std::clamp(reference[s], 0.0, 1.0) - pixels[i * samples + s]));
    }
  }
  return largest;
}

TEST(CpuRendererTest, AgreesWithTheDefinitionForOddShapes) {
  uint64_t seed = 0;
  for (const GeneratorShape& shape : OddShapes()) {
    const RandomNet net = MakeNet(shape, ++seed);
    for (const TileKernel* kernel : Kernels()) {
      SCOPED_TRACE(absl::StrCat("shape ", seed, ", ", kernel->name));
      EXPECT_LT(LargestError(net, *MakeRenderer(net, 9, 2, *kernel), 9, seed), 2e-6);
    }
  }
}

TEST(CpuRendererTest, AgreesWithTheDefinitionForDigits) {
  const RandomNet net = MakeNet(DigitsShape(), 1);
  EXPECT_LT(LargestError(net, *MakeRenderer(net, 3, 2), 3, 1), 1e-5);
}

TEST(CpuRendererTest, AgreesWithTheDefinitionForFaces) {
  const RandomNet net = MakeNet(Face158Shape(), 1);
  EXPECT_LT(LargestError(net, *MakeRenderer(net, 1, 2), 1, 1), 1e-5);
}

TEST(CpuRendererTest, RandomNetsUseTheWholeRange) {
  const RandomNet net = MakeNet(DigitsShape(), 1);
  const auto renderer = MakeRenderer(net, 4, 1);
  const std::vector<float> pixels = RenderFloats(*renderer, MakeVectors(net.shape, 4, 1), 4);
  const auto share = [&](auto predicate) {
    return static_cast<double>(std::count_if(pixels.begin(), pixels.end(), predicate)) / pixels.size();
  };
  EXPECT_GT(share([](float p) { return p > 0.1f && p < 0.9f; }), 0.3);
  EXPECT_GT(share([](float p) { return p == 0.0f || p == 1.0f; }), 0.01);
  EXPECT_EQ(share([](float p) { return p < 0.0f || p > 1.0f; }), 0.0);
}

// Each image alone, with one thread, is what every batch must contain, at every
// position and for every size.
void ExpectPure(const RandomNet& net, int max_batch, const std::vector<int>& threads, PixelFormat format) {
  const std::vector<float> vectors = MakeVectors(net.shape, max_batch, 1);
  const auto alone = MakeRenderer(net, 1, 1);
  const int classes = alone->total_classes();
  std::vector<std::string> expected;
  for (int i = 0; i < max_batch; ++i) {
    expected.push_back(Render(*alone, absl::MakeSpan(vectors.data() + i * classes, classes), 1, format));
  }
  for (const int crew : threads) {
    const auto renderer = MakeRenderer(net, max_batch, crew);
    for (int count = 1; count <= max_batch; ++count) {
      for (const int shift : {0, count, 5 * count + 3}) {
        std::vector<float> batch;  // vector (i + shift) at position i
        for (int i = 0; i < count; ++i) {
          const float* vector = vectors.data() + (i + shift) % max_batch * classes;
          batch.insert(batch.end(), vector, vector + classes);
        }
        const std::string pixels = Render(*renderer, batch, count, format);
        const size_t bytes = pixels.size() / count;
        for (int i = 0; i < count; ++i) {
          ASSERT_EQ(pixels.compare(i * bytes, bytes, expected[(i + shift) % max_batch]), 0)
              << count << " images, position " << i << ", " << crew << " threads";
        }
      }
    }
  }
}

TEST(CpuRendererTest, ImagesOfOddShapesDoNotDependOnTheBatch) {
  uint64_t seed = 0;
  for (const GeneratorShape& shape : OddShapes()) {
    SCOPED_TRACE(++seed);
    const RandomNet net = MakeNet(shape, seed);
    ExpectPure(net, 33, {1, 2, 5}, kFloats);
    ExpectPure(net, 14, {2}, kFormats[0]);
  }
}

TEST(CpuRendererTest, ImagesOfDigitsDoNotDependOnTheBatch) {
  ExpectPure(MakeNet(DigitsShape(), 3), 32, {1, 2}, kFloats);
}

TEST(CpuRendererTest, ImagesOfFacesDoNotDependOnTheBatch) {
  const RandomNet net = MakeNet(Face158Shape(), 4);
  const std::vector<float> vectors = MakeVectors(net.shape, 9, 4);
  const auto one = MakeRenderer(net, 1, 1);
  const auto many = MakeRenderer(net, 9, 2);
  const std::string batch = Render(*many, vectors, 9, kFormats[0]);
  const size_t bytes = batch.size() / 9;
  for (const int i : {0, 4, 8}) {
    const auto vector = absl::MakeSpan(vectors.data() + i * one->total_classes(), one->total_classes());
    EXPECT_EQ(batch.compare(i * bytes, bytes, Render(*one, vector, 1, kFormats[0])), 0) << i;
  }
}

// Also what makes it harmless to choose a kernel by measuring.
TEST(CpuRendererTest, FusedKernelsGiveTheSameBits) {
  std::vector<GeneratorShape> shapes = OddShapes();
  shapes.push_back(DigitsShape());
  for (const GeneratorShape& shape : shapes) {
    const RandomNet net = MakeNet(shape, 5);
    const std::vector<float> vectors = MakeVectors(shape, 3, 5);
    std::string first;
    for (const TileKernel* kernel : Kernels()) {
      if (!kernel->fused) continue;
      const std::string pixels = Render(*MakeRenderer(net, 3, 1, *kernel), vectors, 3, kFloats);
      if (first.empty()) first = pixels;
      EXPECT_TRUE(pixels == first) << kernel->name;
    }
  }
}

TEST(CpuRendererTest, FormatsAgree) {
  const RandomNet net = MakeNet(OddShapes()[1], 6);
  const auto renderer = MakeRenderer(net, 5, 2);
  const std::vector<float> vectors = MakeVectors(net.shape, 5, 6);
  const std::vector<float> planes = RenderFloats(*renderer, vectors, 5);
  const int side = renderer->shape().height;
  for (const PixelFormat format : kFormats) {
    const std::string pixels = Render(*renderer, vectors, 5, format);
    for (int i = 0; i < 5; ++i) {
      for (int c = 0; c < 3; ++c) {
        for (int y = 0; y < side; ++y) {
          for (int x = 0; x < side; ++x) {
            const size_t plane_index = ((size_t{1} * i * 3 + c) * side + y) * side + x;
            const size_t index =
                format.layout == PixelLayout::kNchw ? plane_index : ((size_t{1} * i * side + y) * side + x) * 3 + c;
            const float value = planes[plane_index];
            if (format.type == PixelType::kUint8) {
              ASSERT_EQ(static_cast<uint8_t>(pixels[index]), std::nearbyint(255.0f * value));
            } else {
              ASSERT_EQ(std::memcmp(pixels.data() + 4 * index, &value, 4), 0);
            }
          }
        }
      }
    }
  }
}

TEST(CpuRendererTest, WritesNothingBeyondTheImages) {
  const RandomNet net = MakeNet(OddShapes()[4], 7);
  const auto renderer = MakeRenderer(net, 4, 2);
  const std::vector<float> vectors = MakeVectors(net.shape, 3, 7);
  for (const PixelFormat format : kFormats) {
    const size_t bytes = 3 * renderer->shape().samples() * format.bytes_per_sample();
    std::string pixels(bytes + 64, '\x55');
    ASSERT_TRUE(renderer->Render(vectors, 3, format, pixels.data()).ok());
    EXPECT_EQ(pixels.substr(bytes), std::string(64, '\x55'));
  }
}

TEST(CpuRendererTest, RefusesBadRequestsAndGoesOn) {
  const RandomNet net = MakeNet(OddShapes()[0], 8);
  const auto renderer = MakeRenderer(net, 4, 1);
  const std::vector<float> vectors = MakeVectors(net.shape, 5, 8);
  const std::string before = Render(*renderer, absl::MakeSpan(vectors.data(), 17), 1, kFormats[0]);
  std::string pixels(5 * renderer->shape().samples(), '\x55');
  const auto refused = [&](absl::Span<const float> dense, int count) {
    const absl::Status status = renderer->Render(dense, count, kFormats[0], pixels.data());
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return GetErrorDetail(status).field.value_or("");
  };
  EXPECT_EQ(refused(vectors, 0), "count");
  EXPECT_EQ(refused(vectors, -1), "count");
  EXPECT_EQ(refused(vectors, 5), "count");
  EXPECT_EQ(refused(vectors, 4), "dense");
  EXPECT_EQ(refused({}, 1), "dense");
  EXPECT_EQ(pixels, std::string(pixels.size(), '\x55'));
  EXPECT_EQ(Render(*renderer, absl::MakeSpan(vectors.data(), 17), 1, kFormats[0]), before);
}

TEST(CpuRendererTest, RefusesBadOptions) {
  const RandomNet net = MakeNet(OddShapes()[0], 8);
  const auto field = [&](int threads, int max_batch) {
    RendererOptions options;
    options.threads = threads;
    options.max_batch = max_batch;
    const absl::Status status = CreateCpuRenderer(net.shape, net.File(), options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return GetErrorDetail(status).field.value_or("");
  };
  EXPECT_EQ(field(-1, 1), "threads");
  EXPECT_EQ(field(100'000, 1), "threads");
  EXPECT_EQ(field(1, 0), "max_batch");
  EXPECT_EQ(field(1, 1'000'000'000), "max_batch");
}

// A NaN belongs to nobody's image but its own.
TEST(CpuRendererTest, NanInOneVectorDoesNotReachTheOthers) {
  const RandomNet net = MakeNet(OddShapes()[0], 9);
  const auto renderer = MakeRenderer(net, 3, 1);
  std::vector<float> vectors = MakeVectors(net.shape, 3, 9);
  const std::string before = Render(*renderer, vectors, 3, kFormats[0]);
  vectors[17 + 2] = std::numeric_limits<float>::quiet_NaN();
  const std::string after = Render(*renderer, vectors, 3, kFormats[0]);
  const size_t bytes = before.size() / 3;
  EXPECT_EQ(after.substr(0, bytes), before.substr(0, bytes));
  EXPECT_EQ(after.substr(2 * bytes), before.substr(2 * bytes));
  EXPECT_EQ(after.substr(bytes, bytes), std::string(bytes, '\0'));
  const std::vector<float> good = MakeVectors(net.shape, 3, 9);
  EXPECT_EQ(Render(*renderer, good, 3, kFormats[0]), before);
}

TEST(CpuRendererTest, TellsWhatItIs) {
  const RandomNet net = MakeNet(OddShapes()[0], 10);
  const auto renderer = MakeRenderer(net, 1, 1);
  EXPECT_EQ(renderer->shape(), (ImageShape{28, 28, 3}));
  EXPECT_EQ(renderer->total_classes(), 17);
  EXPECT_EQ(renderer->device(), "cpu");
  int64_t floats = 0;
  for (const auto& [name, values] : net.tensors) floats += static_cast<int64_t>(values.size());
  EXPECT_GE(renderer->memory_bytes(), floats * 4);
  EXPECT_LE(renderer->memory_bytes(), floats * 8);
}

}  // namespace
}  // namespace facet::model
