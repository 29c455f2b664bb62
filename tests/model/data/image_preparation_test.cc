// SPDX-License-Identifier: Apache-2.0
#include "model/data/image_preparation.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/barrier.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using Pixels = ImagePreparation::Pixels;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Twenty files whose bytes are their numbers, "prepared" into one pixel.
class ImagePreparationTest : public testing::Test {
 protected:
  ImagePreparationTest() {
    preparation_.count = 20;
    preparation_.threads = 4;
    preparation_.read = [](int64_t i) { return absl::StrCat(i); };
    Prepare([](const std::string& file) { return PixelOf(file); });
    preparation_.take = [this](int64_t i, const absl::StatusOr<Pixels>& pixels) {
      EXPECT_EQ(i, static_cast<int64_t>(taken_.size()));
      taken_.push_back(pixels.ok() ? (*pixels)[0] : -1);
      return absl::OkStatus();
    };
  }

  static absl::StatusOr<Pixels> PixelOf(const std::string& file) {
    return Pixels{static_cast<uint8_t>(std::stoi(file))};
  }
  void Prepare(ImagePreparation::Prepare prepare) {
    preparation_.make_prepare = [prepare = std::move(prepare)] { return prepare; };
  }
  static std::vector<int> UpTo(int count) {
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(i);
    return numbers;
  }

  ImagePreparation preparation_;
  std::vector<int> taken_;
};

TEST_F(ImagePreparationTest, TakesAllInOrder) {
  std::vector<std::string> progress;
  preparation_.progress = [&](int64_t done, int64_t total) { progress.push_back(absl::StrCat(done, "/", total)); };
  ASSERT_THAT(PrepareImages(preparation_), IsOk());
  EXPECT_EQ(taken_, UpTo(20));
  EXPECT_EQ(progress.size(), 20u);
  EXPECT_EQ(progress.front(), "1/20");
  EXPECT_EQ(progress.back(), "20/20");
}

TEST_F(ImagePreparationTest, TakesInOrderWhateverIsPreparedFirst) {
  preparation_.threads = 2;
  absl::Notification later_is_done;
  Prepare([&](const std::string& file) {
    if (file == "0") later_is_done.WaitForNotification();
    if (file == "5") later_is_done.Notify();
    return PixelOf(file);
  });
  ASSERT_THAT(PrepareImages(preparation_), IsOk());
  EXPECT_EQ(taken_, UpTo(20));
}

TEST_F(ImagePreparationTest, PreparesOnAsManyThreadsAsAskedFor) {
  // No image is prepared before there are three at a time.
  preparation_.count = 3;
  preparation_.threads = 3;
  auto* barrier = new absl::Barrier(3);
  Prepare([&](const std::string& file) {
    if (barrier->Block()) delete barrier;
    return PixelOf(file);
  });
  ASSERT_THAT(PrepareImages(preparation_), IsOk());
  EXPECT_EQ(taken_, UpTo(3));
}

TEST_F(ImagePreparationTest, EachThreadHasItsOwnToolsAndNoneIsIdleFromTheStart) {
  int tools = 0;
  preparation_.make_prepare = [&]() -> absl::StatusOr<ImagePreparation::Prepare> {
    ++tools;
    return PixelOf;
  };
  const std::vector<std::tuple<int, int, int>> cases = {{20, 4, 4}, {3, 8, 3}, {20, 1, 1}, {0, 4, 0}};
  for (const auto& [count, threads, wanted] : cases) {
    preparation_.count = count;
    preparation_.threads = threads;
    tools = 0;
    taken_.clear();
    ASSERT_THAT(PrepareImages(preparation_), IsOk());
    EXPECT_EQ(tools, wanted) << count << " images, " << threads << " threads";
    EXPECT_EQ(taken_, UpTo(count));
  }
}

TEST_F(ImagePreparationTest, WithZeroThreadsItChoosesSome) {
  preparation_.threads = 0;
  ASSERT_THAT(PrepareImages(preparation_), IsOk());
  EXPECT_EQ(taken_, UpTo(20));
}

TEST_F(ImagePreparationTest, ReadsAFewAheadAndNoMore) {
  int64_t furthest = 0;
  preparation_.threads = 2;
  preparation_.count = 200;
  preparation_.read = [&](int64_t i) {
    furthest = std::max(furthest, i - static_cast<int64_t>(taken_.size()));
    return absl::StrCat(i);
  };
  ASSERT_THAT(PrepareImages(preparation_), IsOk());
  EXPECT_EQ(furthest, 2 * 4 - 1);
}

TEST_F(ImagePreparationTest, AnImageThatIsNoneIsHandedOnAndTheRestComes) {
  preparation_.count = 5;
  Prepare([](const std::string& file) -> absl::StatusOr<Pixels> {
    if (file == "2") return absl::InvalidArgumentError("no face");
    return PixelOf(file);
  });
  ASSERT_THAT(PrepareImages(preparation_), IsOk());
  EXPECT_THAT(taken_, ElementsAre(0, 1, -1, 3, 4));
}

TEST_F(ImagePreparationTest, AnyOtherErrorInTheMiddleEndsIt) {
  Prepare([](const std::string& file) -> absl::StatusOr<Pixels> {
    if (file == "7") return absl::ResourceExhaustedError("no memory");
    return PixelOf(file);
  });
  EXPECT_THAT(PrepareImages(preparation_), IsError(absl::StatusCode::kResourceExhausted, "no memory"));
  EXPECT_EQ(taken_, UpTo(7)) << "those before it have come";
}

TEST_F(ImagePreparationTest, WhatADecoderThrowsIsAnError) {
  Prepare([](const std::string& file) -> absl::StatusOr<Pixels> {
    if (file == "7") throw std::runtime_error("thrown");
    return PixelOf(file);
  });
  EXPECT_THAT(PrepareImages(preparation_), IsError(absl::StatusCode::kInternal, HasSubstr("thrown")));
  EXPECT_EQ(taken_, UpTo(7));
}

TEST_F(ImagePreparationTest, AFileThatCannotBeReadEndsIt) {
  preparation_.read = [](int64_t i) -> absl::StatusOr<std::string> {
    if (i == 7) return absl::InvalidArgumentError("gone");
    return absl::StrCat(i);
  };
  EXPECT_THAT(PrepareImages(preparation_), IsError(absl::StatusCode::kInvalidArgument, "gone"));
  EXPECT_LE(taken_.size(), 7u);
}

TEST_F(ImagePreparationTest, AnErrorOfTakingEndsIt) {
  int taken = 0;
  preparation_.take = [&](int64_t, const absl::StatusOr<Pixels>&) {
    return ++taken == 3 ? absl::ResourceExhaustedError("disk full") : absl::OkStatus();
  };
  EXPECT_THAT(PrepareImages(preparation_), IsError(absl::StatusCode::kResourceExhausted, "disk full"));
  EXPECT_EQ(taken, 3);
}

TEST_F(ImagePreparationTest, WithoutToolsNothingIsRead) {
  int tools = 0;
  preparation_.make_prepare = [&]() -> absl::StatusOr<ImagePreparation::Prepare> {
    if (++tools == 2) return absl::FailedPreconditionError("no cascade");
    return PixelOf;
  };
  preparation_.read = [](int64_t) -> absl::StatusOr<std::string> {
    ADD_FAILURE() << "read";
    return "";
  };
  EXPECT_THAT(PrepareImages(preparation_), IsError(absl::StatusCode::kFailedPrecondition, "no cascade"));
}

TEST_F(ImagePreparationTest, ACancelledOneStopsAtTheNextImage) {
  std::atomic<bool> cancelled = false;
  preparation_.cancelled = &cancelled;
  preparation_.progress = [&](int64_t done, int64_t) { cancelled = done == 5; };
  EXPECT_EQ(PrepareImages(preparation_).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(taken_, UpTo(5));
}

TEST_F(ImagePreparationTest, OneThatWasCancelledBeforeReadsNothing) {
  const std::atomic<bool> cancelled = true;
  preparation_.cancelled = &cancelled;
  preparation_.read = [](int64_t) -> absl::StatusOr<std::string> {
    ADD_FAILURE() << "read";
    return "";
  };
  EXPECT_EQ(PrepareImages(preparation_).code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(taken_, IsEmpty());
}

}  // namespace
}  // namespace facet::model
