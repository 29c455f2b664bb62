// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace facet {
namespace {

TEST(ThreadTest, JoinsWhenItsOwnerGoes) {
  std::atomic<bool> ran = false;
  {
    const Thread thread("worker", [&] { ran = true; });
  }
  EXPECT_TRUE(ran);
}

TEST(ThreadTest, NamesTheThreadByItsFirstFifteenBytes) {
  std::array<char, 16> name{};
  Thread thread("a-very-long-thread-name", [&] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  thread.Join();
  EXPECT_EQ(std::string(name.data()), "a-very-long-thr");
}

TEST(ThreadTest, JoinsTwiceWithoutEffect) {
  Thread thread("worker", [] {});
  thread.Join();
  thread.Join();
}

TEST(ThreadTest, MovedFromAndEmptyThreadsAreNothing) {
  Thread empty;
  empty.Join();
  std::atomic<int> runs = 0;
  Thread first("worker", [&] { ++runs; });
  Thread second = std::move(first);
  second.Join();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace facet
