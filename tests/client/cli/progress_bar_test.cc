// SPDX-License-Identifier: Apache-2.0
#include "client/cli/progress_bar.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Columns that UTF-8 text takes where each character takes one.
int Columns(const std::string& text) {
  int columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return columns;
}

TEST(FormatBarTest, HasLabelBarPerCentAndText) {
  EXPECT_EQ(FormatBar("import", 0.5, {"rate"}, 42), "import │██████████          │  50 %  rate");
  EXPECT_EQ(FormatBar("import", 0, {"rate"}, 42), "import │                    │   0 %  rate");
  EXPECT_EQ(FormatBar("import", 1, {"rate"}, 42), "import │████████████████████│ 100 %  rate");
}

TEST(FormatBarTest, MovesByEighths) {
  EXPECT_THAT(FormatBar("x", 1.0 / 160, {""}, 33), HasSubstr("│▏                   │"));
  EXPECT_THAT(FormatBar("x", 15.0 / 160, {""}, 33), HasSubstr("│█▉                  │"));
}

TEST(FormatBarTest, FitsTheTerminalWhateverTheFraction) {
  for (int columns = 10; columns < 120; ++columns) {
    for (int i = 0; i <= 64; ++i) {
      const std::string bar =
          FormatBar("trainingJobs/a", i / 64.0, {"123/456, 12 s left, loss 3", "123/456, 12 s left"}, columns);
      ASSERT_LT(Columns(bar), columns) << bar;
    }
  }
}

TEST(FormatBarTest, TheLongestTextThatLeavesABarIsShown) {
  const std::vector<std::string> texts = {"3/8, 42 s left, loss 1.5 (pixels 1.2)", "3/8, 42 s left, loss 1.5",
                                          "3/8, 42 s left"};
  EXPECT_THAT(FormatBar("job", 0.5, texts, 62), EndsWith("│  50 %  3/8, 42 s left, loss 1.5 (pixels 1.2)"));
  EXPECT_THAT(FormatBar("job", 0.5, texts, 61), EndsWith("│  50 %  3/8, 42 s left, loss 1.5"));
  EXPECT_THAT(FormatBar("job", 0.5, texts, 39), AllOf(StartsWith("job │█████"), EndsWith("│  50 %  3/8, 42 s left")));
}

TEST(FormatBarTest, ALongLabelIsShortenedBeforeTheText) {
  const std::string name = "ein-längerer-name-eines-jobs";
  EXPECT_EQ(FormatBar(name, 0.5, {"3/8, 42 s left"}, 48), "ein-längere… │█████     │  50 %  3/8, 42 s left");
  EXPECT_EQ(FormatBar(name, 0.5, {"3/8, 42 s left"}, 40), "ein-län… │█████     │  50 %  3/8, 42 s…");
  // Nor is a letter cut in two where there is no bar.
  EXPECT_EQ(FormatBar(name, 0.5, {"3/8, 42 s left"}, 7), "ein-l…");
  EXPECT_EQ(FormatBar(name, 0.5, {"3/8, 42 s left"}, 8), "ein-lä…");
}

TEST(FormatBarTest, AFullDoneIsNotWrittenTooEarly) { EXPECT_THAT(FormatBar("x", 0.999, {""}, 40), HasSubstr(" 99 %")); }

TEST(FormatBarTest, FractionsOutOfRangeAreCut) {
  EXPECT_EQ(FormatBar("x", -1, {""}, 40), FormatBar("x", 0, {""}, 40));
  EXPECT_EQ(FormatBar("x", 2, {""}, 40), FormatBar("x", 1, {""}, 40));
  EXPECT_EQ(FormatBar("x", std::numeric_limits<double>::quiet_NaN(), {""}, 40), FormatBar("x", 0, {""}, 40));
}

TEST(FormatTimeLeftTest, HasAsManyPartsAsNeeded) {
  EXPECT_EQ(FormatTimeLeft(absl::ZeroDuration()), "0 s");
  EXPECT_EQ(FormatTimeLeft(absl::Milliseconds(1)), "1 s");
  EXPECT_EQ(FormatTimeLeft(absl::Seconds(59)), "59 s");
  EXPECT_EQ(FormatTimeLeft(absl::Milliseconds(59'001)), "1:00");
  EXPECT_EQ(FormatTimeLeft(absl::Seconds(3599)), "59:59");
  EXPECT_EQ(FormatTimeLeft(absl::Seconds(3723)), "1:02:03");
  EXPECT_EQ(FormatTimeLeft(absl::Hours(100)), "100:00:00");
}

// What a bar writes where standard error is no terminal.
class PlainBarTest : public testing::Test {
 protected:
  void SetUp() override { testing::internal::CaptureStderr(); }
  void TearDown() override {
    if (!taken_) Written();
  }
  std::string Written() {
    taken_ = true;
    return testing::internal::GetCapturedStderr();
  }
  bool taken_ = false;
};

TEST_F(PlainBarTest, WritesTheFirstAndTheLastLine) {
  {
    ProgressBar bar("import", false);
    for (int i = 0; i <= 100; ++i) bar.Update(i / 100.0, "x");
    bar.Clear();
  }
  EXPECT_EQ(Written(), "import   0 %  x\nimport 100 %  x\n");
}

TEST_F(PlainBarTest, WritesTheLastLineOnce) {
  {
    ProgressBar bar("import", false);
    for (int i = 0; i <= 10; ++i) bar.Update(1, "x");
  }
  EXPECT_EQ(Written(), "import 100 %  x\n");
}

TEST_F(PlainBarTest, NearlyDoneIsNotDone) {
  ProgressBar("import", false).Update(0.999, "x");
  EXPECT_EQ(Written(), "import  99 %  x\n");
}

TEST_F(PlainBarTest, QuietIsQuiet) {
  {
    ProgressBar bar("import", true);
    bar.Update(0, "x");
    bar.Update(1, "x");
  }
  EXPECT_EQ(Written(), "");
}

}  // namespace
}  // namespace facet::cli
