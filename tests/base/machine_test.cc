// SPDX-License-Identifier: Apache-2.0
#include "base/machine.h"

#include "gtest/gtest.h"
#include "tests/base/temp_dir.h"

namespace facet {
namespace {

TEST(MachineTest, HasMemory) { EXPECT_GT(MachineMemoryBytes(*FileSystem::Posix()), int64_t{64} << 20); }

TEST(MachineTest, HasFreeMemory) { EXPECT_GT(FreeMemoryBytes(*FileSystem::Posix()).value_or(0), 1 << 20); }

TEST(MachineTest, SmallestLimitOfAllGroupsCounts) {
  const TempDir root;
  root.Write("a/b/memory.max", "max\n");
  root.Write("a/memory.max", "3000000\n");
  root.Write("memory.max", "5000000\n");
  const auto limit = [&](int64_t machine, const std::string& group) {
    return LimitedMemoryBytes(*FileSystem::Posix(), machine, root.path() + group, root.path());
  };
  EXPECT_EQ(limit(9'000'000, "/a/b"), 3'000'000);
  EXPECT_EQ(limit(2'000'000, "/a/b"), 2'000'000);
  EXPECT_EQ(limit(9'000'000, ""), 5'000'000);
  EXPECT_EQ(limit(9'000'000, "/gone"), 5'000'000);
}

}  // namespace
}  // namespace facet
