// SPDX-License-Identifier: Apache-2.0
#include "model/train/job_lock.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;

TEST(JobLockTest, HasOneHolderWhoseProcessIsNamed) {
  const std::string path = MakeTempDir() + "/trainer.lock";
  const auto lock = JobLock::Take(path);
  ASSERT_TRUE(lock.ok()) << lock.status();
  const auto second = JobLock::Take(path);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorDetail(second.status()).reason, "JOB_LOCKED");
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(absl::StrCat("process ", getpid())));
}

TEST(JobLockTest, IsFreeOnceItsHolderIsGone) {
  const std::string path = MakeTempDir() + "/trainer.lock";
  JobLock::Take(path).value().reset();
  EXPECT_TRUE(JobLock::Take(path).ok());
}

TEST(JobLockTest, AMissingFolderIsNotFound) {
  EXPECT_EQ(JobLock::Take("/nowhere/trainer.lock").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace facet::model
