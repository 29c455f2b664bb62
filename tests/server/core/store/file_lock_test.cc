// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/file_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::HasSubstr;

TEST(FileLockTest, SecondHolderIsToldWhoHasIt) {
  TempFolder folder;
  auto lock = FileLock::Acquire(folder / "lock");
  ASSERT_TRUE(lock.ok()) << lock.status();
  const absl::Status second = FileLock::Acquire(folder / "lock").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
  EXPECT_EQ(GetErrorDetail(second).reason, "STATE_IN_USE");
  EXPECT_THAT(std::string(second.message()), HasSubstr(absl::StrCat("process ", getpid())));
  EXPECT_THAT(std::string(second.message()), HasSubstr(folder.path()));
}

TEST(FileLockTest, GoesWithItsHolder) {
  TempFolder folder;
  { ASSERT_TRUE(FileLock::Acquire(folder / "lock").ok()); }
  EXPECT_TRUE(FileLock::Acquire(folder / "lock").ok());
}

TEST(FileLockTest, GoesWhenTheProcessIsKilled) {
  TempFolder folder;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto lock = FileLock::Acquire(folder / "lock");
    char byte = lock.ok() ? 'y' : 'n';
    [[maybe_unused]] ssize_t written = write(ready[1], &byte, 1);
    pause();
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  EXPECT_TRUE(absl::IsFailedPrecondition(FileLock::Acquire(folder / "lock").status()));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(FileLock::Acquire(folder / "lock").ok());
  close(ready[0]);
  close(ready[1]);
}

TEST(FileLockTest, FolderThatIsNotThereIsSaid) {
  TempFolder folder;
  const absl::Status status = FileLock::Acquire(folder / "none/lock").status();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder / "none"));
}

}  // namespace
}  // namespace facet::server
