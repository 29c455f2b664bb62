// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/log_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LogTailTest : public testing::Test {
 protected:
  std::vector<std::string> Tail(const std::string& contents, int lines = 50) {
    const std::string path = folder_ / "log";
    std::ofstream(path, std::ios::binary) << contents;
    return LogTail(path, lines);
  }
  TempFolder folder_;
};

TEST_F(LogTailTest, KeepsTheLastLinesInOrder) {
  EXPECT_THAT(Tail("a\nb\nc\n", 2), ElementsAre("b", "c"));
  EXPECT_THAT(Tail("a\nb", 5), ElementsAre("a", "b"));
}

TEST_F(LogTailTest, NoLogIsNoLines) {
  EXPECT_THAT(LogTail(folder_ / "none"), IsEmpty());
  EXPECT_THAT(Tail(""), IsEmpty());
}

TEST_F(LogTailTest, EmptyLinesCount) { EXPECT_THAT(Tail("a\n\nb\n", 2), ElementsAre("", "b")); }

TEST_F(LogTailTest, BytesThatAreNoTextAreMarked) {
  EXPECT_THAT(Tail("caf\xc3\xa9 \xff\xfe \xc3(\n"), ElementsAre("caf\xc3\xa9 ?? ?("));
  EXPECT_THAT(Tail(std::string("a\0b\x1b[31m\n", 9)), ElementsAre("a?b?[31m"));
  // A surrogate, an overlong form, a character cut off by the end.
  EXPECT_THAT(Tail("\xed\xa0\x80|\xc0\xaf|\xe2\x82"), ElementsAre("???|??|??"));
}

TEST_F(LogTailTest, RewrittenLineIsShownAsItStood) {
  EXPECT_THAT(Tail("1%\r50%\r100%\ndone\r\n"), ElementsAre("100%", "done"));
}

TEST_F(LogTailTest, LongLogIsReadFromItsEndOnly) {
  std::string log(200'000, 'x');
  log += "\nlast\n";
  const auto tail = Tail("first\n" + log);
  EXPECT_THAT(tail, ElementsAre("last"));
}

TEST_F(LogTailTest, LongLineIsCut) {
  const auto tail = Tail(std::string(5000, 'y'));
  ASSERT_EQ(tail.size(), 1u);
  EXPECT_EQ(tail[0].size(), 1000u);
}

}  // namespace
}  // namespace facet::server
