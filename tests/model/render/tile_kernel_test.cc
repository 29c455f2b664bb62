// SPDX-License-Identifier: Apache-2.0
#include "model/render/tile_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "model/render/aligned_buffer.h"

namespace facet::model {
namespace {

constexpr int kTaps = 3;
constexpr int kDepth = 37;
constexpr int kPanels = 6;

AlignedBuffer RandomBuffer(size_t floats, uint64_t seed) {
  AlignedBuffer buffer = AlignedBuffer::Create(floats).value();
  CounterRandom random(seed, "buffer", 0);
  for (size_t i = 0; i < floats; ++i) buffer.data()[i] = static_cast<float>(random.NextNormal());
  return buffer;
}

// One output, as the header defines it.
float Expected(const TileKernel& kernel, const TileArgs& args, int columns, int row, int column) {
  const float* panel = args.panel + column / columns * args.panel_floats + column % columns;
  float sum = args.bias[column];
  for (size_t t = 0; t < args.tap_count; ++t) {
    for (size_t d = 0; d < args.depth; ++d, panel += columns) {
      const float x = args.rows[row][args.taps[t] + static_cast<ptrdiff_t>(d)];
      if (kernel.fused) {
        sum = std::fma(x, *panel, sum);
      } else {
        const float product = x * *panel;
        sum += product;
      }
    }
  }
  return sum > 0 ? sum : sum * args.slope;
}

class TileKernelTest : public testing::TestWithParam<const TileKernel*> {};

TEST_P(TileKernelTest, EveryTileGivesTheBitsOfTheDefinition) {
  const TileKernel& kernel = *GetParam();
  constexpr int kInput = 4096;
  const AlignedBuffer input = RandomBuffer(kInput, 1);
  const std::vector<ptrdiff_t> taps = {0, -200, 71};
  for (const int vectors : {1, 2}) {
    const int columns = vectors * kernel.lanes;
    const AlignedBuffer weights = RandomBuffer(size_t{kPanels} * kTaps * kDepth * columns, 2);
    const AlignedBuffer bias = RandomBuffer(kPanels * columns, 3);
    for (int rows = 1; rows <= kernel.max_rows; ++rows) {
      for (int panels = 1; panels <= kPanels; ++panels) {
        SCOPED_TRACE(absl::StrCat(vectors, " vectors, ", rows, " rows, ", panels, " panels"));
        // One float too many, so that writes beyond the row are seen, and rows
        // at any alignment.
        std::vector<std::vector<float>> outputs(rows, std::vector<float>(panels * columns + 1, 77.0f));
        std::vector<const float*> in;
        std::vector<float*> out;
        for (int r = 0; r < rows; ++r) {
          in.push_back(input.data() + 301 + 97 * r);
          out.push_back(outputs[r].data());
        }
        const TileArgs args = {in.data(),   taps.data(),    kTaps,
                               kDepth,      weights.data(), size_t{kTaps} * kDepth * columns,
                               bias.data(), 0.1f,           out.data()};
        kernel.run(args, vectors, rows, panels);
        for (int r = 0; r < rows; ++r) {
          for (int c = 0; c < panels * columns; ++c) {
            const float expected = Expected(kernel, args, columns, r, c);
            ASSERT_EQ(std::memcmp(&outputs[r][c], &expected, sizeof(float)), 0)
                << "row " << r << ", column " << c << ": " << outputs[r][c] << ", not " << expected;
          }
          ASSERT_EQ(outputs[r].back(), 77.0f);
        }
      }
    }
  }
}

TEST_P(TileKernelTest, LinearWithSlopeOneAndNothingToAdd) {
  const TileKernel& kernel = *GetParam();
  const AlignedBuffer bias = RandomBuffer(2 * kernel.lanes, 4);
  const float* row = bias.data();
  std::vector<float> output(2 * kernel.lanes);
  float* out = output.data();
  const TileArgs args = {&row, nullptr, 0, 0, bias.data(), 0, bias.data(), 1.0f, &out};
  kernel.run(args, 2, 1, 1);
  EXPECT_EQ(std::memcmp(output.data(), bias.data(), output.size() * sizeof(float)), 0);
}

std::vector<const TileKernel*> Kernels() {
  std::vector<const TileKernel*> kernels;
  for (const TileKernel* kernel : {PortableTileKernel(), Avx2TileKernel(), Avx512TileKernel()}) {
    if (kernel != nullptr) kernels.push_back(kernel);
  }
  return kernels;
}

INSTANTIATE_TEST_SUITE_P(All, TileKernelTest, testing::ValuesIn(Kernels()),
                         [](const auto& kernel) { return std::string(kernel.param->name); });

TEST(FastestTileKernelTest, IsOneOfThemAndStaysTheSame) {
  const TileKernel& fastest = FastestTileKernel();
  EXPECT_EQ(&fastest, &FastestTileKernel());
  if (Avx2TileKernel() != nullptr) {
    EXPECT_NE(&fastest, PortableTileKernel());
  }
}

}  // namespace
}  // namespace facet::model
