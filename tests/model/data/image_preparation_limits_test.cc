// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "model/data/image_preparation.h"
#include "tests/base/few_threads.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

// The header of a bitmap of 8000 x 8000 pixels: all of the memory that one image
// may take.
std::string HugeBitmap() { return {"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x40\x1F\0\0\x40\x1F\0\0", 26}; }

ImagePreparation Preparation(int threads, int64_t count) {
  ImagePreparation preparation;
  preparation.threads = threads;
  preparation.count = count;
  preparation.read = [](int64_t i) { return std::to_string(i); };
  preparation.make_prepare = [] {
    return [](const std::string& file) -> absl::StatusOr<ImagePreparation::Pixels> {
      return ImagePreparation::Pixels(file.begin(), file.end());
    };
  };
  preparation.take = [](int64_t, const auto&) { return absl::OkStatus(); };
  return preparation;
}

TEST(PreparationLimitsTest, HugeImagesAreDecodedOneByOne) {
  ImagePreparation preparation = Preparation(8, 16);
  std::atomic<int> at_work = 0;
  std::atomic<int> most = 0;
  preparation.read = [](int64_t) { return HugeBitmap(); };
  preparation.make_prepare = [&] {
    return [&](const std::string&) -> absl::StatusOr<ImagePreparation::Pixels> {
      const int now = ++at_work;
      int before = most;
      while (before < now && !most.compare_exchange_weak(before, now)) {
      }
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();
      --at_work;
      return ImagePreparation::Pixels();
    };
  };
  ASSERT_THAT(PrepareImages(preparation), IsOk());
  EXPECT_EQ(most, 1);
}

TEST(PreparationLimitsTest, ThreadsThatCannotBeStartedAreAnErrorAndNoHang) {
  ExpectThrowsWithFewThreads([] { PrepareImages(Preparation(64, 64)).IgnoreError(); });
}

}  // namespace
}  // namespace facet::model
