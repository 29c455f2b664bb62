// SPDX-License-Identifier: Apache-2.0
#include "model/train/stop_signal.h"

#include <unistd.h>

#include <csignal>
#include <thread>

#include "gtest/gtest.h"

namespace facet::model {
namespace {

TEST(StopSignalTest, SigtermSetsTheFlag) {
  std::atomic<bool> stop{false};
  const auto signal = StopSignal::Create(&stop);
  ASSERT_TRUE(signal.ok());
  EXPECT_FALSE(stop);
  kill(getpid(), SIGTERM);
  while (!stop) std::this_thread::yield();
}

TEST(StopSignalTest, EndsWithoutASignal) {
  std::atomic<bool> stop{false};
  ASSERT_TRUE(StopSignal::Create(&stop).ok());
  EXPECT_FALSE(stop);
}

}  // namespace
}  // namespace facet::model
