// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/disk_reserve.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

struct stat Stat(const std::string& path) {
  struct stat info = {};
  EXPECT_EQ(stat(path.c_str(), &info), 0);
  return info;
}

// Files of this process cannot become larger meanwhile.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const struct rlimit limit = {bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  struct rlimit before_ = {};
};

class DiskReserveTest : public testing::Test {
 protected:
  TempFolder folder_;
  const std::string path_ = folder_ / "reserve";
};

TEST_F(DiskReserveTest, HasItsBlocks) {
  DiskReserve reserve(path_);
  reserve.Fill();
  EXPECT_EQ(Stat(path_).st_size, DiskReserve::kBytes);
  EXPECT_GE(Stat(path_).st_blocks * 512, DiskReserve::kBytes);
}

TEST_F(DiskReserveTest, IsLetGoInStepsAndFilledAgain) {
  DiskReserve reserve(path_);
  EXPECT_FALSE(reserve.LetGo());
  reserve.Fill();
  ASSERT_TRUE(reserve.LetGo());
  EXPECT_EQ(Stat(path_).st_size, DiskReserve::kBytes - DiskReserve::kStep);
  reserve.Fill();
  EXPECT_EQ(Stat(path_).st_size, DiskReserve::kBytes);
  int steps = 0;
  while (reserve.LetGo()) ++steps;
  EXPECT_EQ(steps, DiskReserve::kBytes / DiskReserve::kStep);
  EXPECT_EQ(Stat(path_).st_blocks, 0);
}

TEST_F(DiskReserveTest, IsAsLargeAsThereIsRoomFor) {
  DiskReserve reserve(path_);
  {
    const FileSizeLimit limit(5 * DiskReserve::kStep + 1);
    reserve.Fill();
    EXPECT_EQ(Stat(path_).st_size, 5 * DiskReserve::kStep);
    reserve.Fill();
    EXPECT_EQ(Stat(path_).st_size, 5 * DiskReserve::kStep);
  }
  reserve.Fill();
  EXPECT_EQ(Stat(path_).st_size, DiskReserve::kBytes);
}

TEST_F(DiskReserveTest, OutlivesItsOwner) {
  DiskReserve(path_).Fill();
  DiskReserve next(path_);
  EXPECT_TRUE(next.LetGo());
}

TEST_F(DiskReserveTest, HolesOfACopyAreFilled) {
  std::ofstream{path_};
  ASSERT_EQ(truncate(path_.c_str(), DiskReserve::kBytes), 0);
  ASSERT_EQ(Stat(path_).st_blocks, 0);
  DiskReserve(path_).Fill();
  EXPECT_GE(Stat(path_).st_blocks * 512, DiskReserve::kBytes);
}

TEST_F(DiskReserveTest, WithoutAFolderThereIsNone) {
  DiskReserve reserve(folder_ / "none/reserve");
  reserve.Fill();
  EXPECT_FALSE(reserve.LetGo());
}

}  // namespace
}  // namespace facet::server
