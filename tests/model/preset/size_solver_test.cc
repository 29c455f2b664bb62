// SPDX-License-Identifier: Apache-2.0
#include "model/preset/size_solver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <optional>

#include "base/error.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<KernelPadding> kFace = {{5, 0}, {5, 1}, {5, 1}, {2, 0}};

int Chain(int size, const std::vector<KernelPadding>& layers) {
  for (const KernelPadding layer : layers) size = UpconvSize(size, layer);
  return size;
}

int Change(const std::vector<KernelPadding>& a, const std::vector<KernelPadding>& b) {
  int change = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    change += std::abs(a[i].kernel - b[i].kernel) + std::abs(a[i].padding - b[i].padding);
  }
  return change;
}

TEST(SizeSolverTest, FollowsTheSizesOfThePaper) {
  EXPECT_EQ(UpconvSize(8, {5, 0}), 19);
  EXPECT_EQ(UpconvSize(19, {5, 1}), 39);
  EXPECT_EQ(UpconvSize(39, {5, 1}), 79);
  EXPECT_EQ(UpconvSize(79, {2, 0}), 158);
}

TEST(SizeSolverTest, KeepsLayersThatReachTheSize) {
  EXPECT_EQ(SolveUpconvs(8, kFace, 158).value(), kFace);
  const std::vector<KernelPadding> even(4, {4, 0});
  EXPECT_EQ(SolveUpconvs(8, even, 158).value(), even);
}

TEST(SizeSolverTest, ReachesEverySizeThatItSaysItCan) {
  const std::vector<KernelPadding> wanted = {{4, 1}, {4, 1}};
  int possible = 0;
  for (int target = 1; target <= 60; ++target) {
    const auto layers = SolveUpconvs(7, wanted, target);
    if (!layers.ok()) continue;
    ++possible;
    EXPECT_EQ(Chain(7, *layers), target);
    for (const KernelPadding layer : *layers) {
      EXPECT_GE(layer.kernel, 2);
      EXPECT_LE(layer.kernel, 6);
      EXPECT_GE(layer.padding, 0);
      EXPECT_LT(layer.padding, layer.kernel);
    }
  }
  EXPECT_GT(possible, 25);
}

// Against every combination there is.
TEST(SizeSolverTest, ChangesAsLittleAsPossible) {
  const std::vector<KernelPadding> wanted = {{5, 1}, {4, 0}};
  std::vector<KernelPadding> all;
  for (int kernel = 2; kernel <= 6; ++kernel) {
    for (int padding = 0; padding < kernel; ++padding) all.push_back({kernel, padding});
  }
  for (int target = 4; target <= 40; ++target) {
    std::optional<int> least;
    for (const KernelPadding first : all) {
      for (const KernelPadding second : all) {
        const std::vector<KernelPadding> layers = {first, second};
        if (UpconvSize(6, first) < 1 || Chain(6, layers) != target) continue;
        least = std::min(least.value_or(std::numeric_limits<int>::max()), Change(layers, wanted));
      }
    }
    const auto solved = SolveUpconvs(6, wanted, target);
    ASSERT_EQ(solved.ok(), least.has_value()) << target;
    if (solved.ok()) {
      EXPECT_EQ(Change(*solved, wanted), *least) << target;
    }
  }
}

TEST(SizeSolverTest, PrefersKernelsThatStrideTwoDivides) {
  // One pixel more takes k5 p1 or k6 p2 and the like; of equal changes the even one.
  const auto layers = SolveUpconvs(8, std::vector<KernelPadding>{{5, 1}}, 18);
  EXPECT_THAT(*layers, ElementsAre(KernelPadding{6, 1}));
}

TEST(SizeSolverTest, ChangesLateLayersRatherThanEarlyOnes) {
  // 34 = 32 + 2: a_2 = 2 at the end, or a_1 = 1 at the start.
  const std::vector<KernelPadding> wanted = {{4, 1}, {4, 1}};
  EXPECT_THAT(*SolveUpconvs(8, wanted, 34), ElementsAre(KernelPadding{4, 1}, KernelPadding{4, 0}));
}

TEST(SizeSolverTest, NamesTheNearestSizesWhenImpossible) {
  const auto far = SolveUpconvs(7, std::vector<KernelPadding>{{4, 1}, {4, 1}}, 158);
  EXPECT_EQ(far.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(far.status()).reason, "IMPOSSIBLE_SIZE");
  EXPECT_THAT(std::string(far.status().message()), HasSubstr("nearest possible size is 40 (10 to 40 can be reached)"));
  const auto small = SolveUpconvs(7, std::vector<KernelPadding>{{4, 1}, {4, 1}}, 5);
  EXPECT_THAT(std::string(small.status().message()), HasSubstr("nearest possible size is 10 ("));
}

// 2 * 63 + k - 2 p, in [-4, 6] around 126.
TEST(SizeSolverTest, ReachesAnUnbrokenRange) {
  for (int target = 115; target <= 135; ++target) {
    const auto layers = SolveUpconvs(64, std::vector<KernelPadding>{{4, 1}}, target);
    EXPECT_EQ(layers.ok(), target >= 122 && target <= 132) << target << layers.status();
  }
}

}  // namespace
}  // namespace facet::model
