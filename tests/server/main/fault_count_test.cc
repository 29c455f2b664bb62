// SPDX-License-Identifier: Apache-2.0
#include "server/main/fault_count.h"

#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::server {
namespace {

TEST(FaultCountTest, CountsOverServers) {
  const TempDir state;
  FileSystem& disk = *FileSystem::Posix();
  EXPECT_EQ(*ReadFaultCount(disk, state.path()), 0);
  EXPECT_THAT(AddToFaultCount(disk, state.path()), IsOk());
  EXPECT_THAT(AddToFaultCount(disk, state.path()), IsOk());
  EXPECT_EQ(*ReadFaultCount(disk, state.path()), 2);
}

TEST(FaultCountTest, WhatIsNoCountIsNone) {
  const TempDir state;
  for (const char* text : {"", "many", "-3", "99999999999999999999"}) {
    state.Write("device_faults", text);
    EXPECT_EQ(*ReadFaultCount(*FileSystem::Posix(), state.path()), 0) << text;
  }
  EXPECT_THAT(AddToFaultCount(*FileSystem::Posix(), state.path()), IsOk());
  EXPECT_EQ(*ReadFaultCount(*FileSystem::Posix(), state.path()), 1);
}

}  // namespace
}  // namespace facet::server
