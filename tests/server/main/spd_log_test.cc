// SPDX-License-Identifier: Apache-2.0
#include "server/main/spd_log.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/thread.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::server {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

TEST(FormatTextLineTest, PlainValuesStandAsTheyAre) {
  EXPECT_EQ(FormatTextLine("listening", {}), "listening");
  EXPECT_EQ(FormatTextLine("call ended", {{"method", "Render"}, {"ms", "1.5"}, {"model", "models/digits@3"}}),
            "call ended method=Render ms=1.5 model=models/digits@3");
}

TEST(FormatTextLineTest, WhatWouldBreakTheLineIsQuoted) {
  EXPECT_EQ(FormatTextLine("m", {{"a", ""}}), "m a=\"\"");
  EXPECT_EQ(FormatTextLine("m", {{"a", "two words"}}), "m a=\"two words\"");
  EXPECT_EQ(FormatTextLine("m", {{"a", "x\nlevel=info forged"}}), "m a=\"x\\nlevel=info forged\"");
  EXPECT_EQ(FormatTextLine("m", {{"a", "b=c"}}), "m a=\"b=c\"");
  EXPECT_EQ(FormatTextLine("m", {{"a", "say \"hi\""}}), "m a=\"say \\\"hi\\\"\"");
  EXPECT_EQ(FormatTextLine("m", {{"a", "\x1b[2J"}}), "m a=\"\\u001b[2J\"");
}

TEST(FormatTextLineTest, BrokenUtf8IsReplaced) {
  EXPECT_EQ(FormatTextLine("m", {{"a", "\xff"}}), "m a=\"\xef\xbf\xbd\"");
}

TEST(FormatJsonLineTest, IsOneObjectInOrder) {
  const std::string line = FormatJsonLine(LogSeverity::kWarning, "2026-01-31T12:00:00Z", "slow",
                                          {{"method", "Render"}, {"text", "a \"b\"\nc"}});
  EXPECT_EQ(line, R"({"time":"2026-01-31T12:00:00Z","level":"warning","message":"slow","method":"Render",)"
                  R"("text":"a \"b\"\nc"})");
  EXPECT_EQ(Json::parse(line)["text"], "a \"b\"\nc");
}

TEST(FormatJsonLineTest, NumbersHaveNoQuotesAndTextThatLooksLikeOneHas) {
  const Log::Fields fields = {{"duration_ms", LogValue::Number("3535.406")}, {"signal", 15}, {"request_id", "12"}};
  EXPECT_EQ(FormatJsonLine(LogSeverity::kInfo, "t", "rpc", fields),
            R"({"time":"t","level":"info","message":"rpc","duration_ms":3535.406,"signal":15,"request_id":"12"})");
  EXPECT_EQ(Json::parse(FormatJsonLine(LogSeverity::kInfo, "t", "m", {{"a", LogValue::Number("inf")}}))["a"], "inf");
  EXPECT_EQ(FormatTextLine("rpc", fields), "rpc duration_ms=3535.406 signal=15 request_id=12");
}

TEST(FormatJsonLineTest, BrokenUtf8IsReplaced) {
  const std::string line = FormatJsonLine(LogSeverity::kError, "t", "m", {{"a", "\xff"}});
  EXPECT_EQ(Json::parse(line)["a"], "\xef\xbf\xbd");
}

class StderrLogTest : public testing::Test {
 protected:
  // Lines that one message of each severity makes.
  std::vector<std::string> WriteAll(const std::string& level, const std::string& format) {
    const auto log = MakeStderrLog({.level = level, .format = format});
    testing::internal::CaptureStderr();
    for (const auto severity : {LogSeverity::kDebug, LogSeverity::kInfo, LogSeverity::kWarning, LogSeverity::kError}) {
      log->Write(severity, "hello", {{"who", "you"}});
    }
    return absl::StrSplit(testing::internal::GetCapturedStderr(), '\n', absl::SkipEmpty());
  }
};

TEST_F(StderrLogTest, TextHasTimeAndLevelInFront) {
  EXPECT_THAT(WriteAll("warn", "text"),
              ElementsAre(MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z W hello who=you"),
                          MatchesRegex(".* E hello who=you")));
}

TEST_F(StderrLogTest, JsonIsAnObjectALine) {
  const std::vector<std::string> lines = WriteAll("debug", "json");
  ASSERT_EQ(lines.size(), 4u);
  for (const std::string& line : lines) {
    const Json object = Json::parse(line);
    EXPECT_EQ(object["message"], "hello");
    EXPECT_EQ(object["who"], "you");
    EXPECT_THAT(object["time"].get<std::string>(), MatchesRegex("[0-9-]{10}T[0-9:.]{15}Z"));
  }
  EXPECT_EQ(Json::parse(lines[0])["level"], "debug");
  EXPECT_EQ(Json::parse(lines[3])["level"], "error");
}

TEST_F(StderrLogTest, TheLevelSaysWhatIsWritten) {
  EXPECT_EQ(WriteAll("debug", "text").size(), 4u);
  EXPECT_EQ(WriteAll("info", "text").size(), 3u);
  EXPECT_EQ(WriteAll("error", "text").size(), 1u);
  const auto log = MakeStderrLog({.level = "warn", .format = "text"});
  EXPECT_FALSE(log->Enabled(LogSeverity::kInfo));
  EXPECT_TRUE(log->Enabled(LogSeverity::kWarning));
}

TEST_F(StderrLogTest, PerCentSignsAndBracesAreText) {
  const auto log = MakeStderrLog({.level = "info", .format = "text"});
  testing::internal::CaptureStderr();
  log->Write(LogSeverity::kInfo, "50 % {} %s", {});
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::EndsWith(" I 50 % {} %s\n"));
}

TEST_F(StderrLogTest, LinesOfManyThreadsStayWhole) {
  const auto log = MakeStderrLog({.level = "info", .format = "json"});
  testing::internal::CaptureStderr();
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back("log", [&] {
        for (int j = 0; j < 100; ++j) log->Write(LogSeverity::kInfo, std::string(200, 'x'), {});
      });
    }
  }
  const std::vector<std::string> lines =
      absl::StrSplit(testing::internal::GetCapturedStderr(), '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), 400u);
  for (const std::string& line : lines) EXPECT_TRUE(Json::accept(line)) << line;
}

}  // namespace
}  // namespace facet::server
