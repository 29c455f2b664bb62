// SPDX-License-Identifier: Apache-2.0
#include "server/main/command_line.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

absl::StatusOr<CommandLine> Parse(std::vector<std::string> arguments) {
  std::vector<const char*> argv = {"facetd"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data(), *FileSystem::Posix());
}

TEST(CommandLineTest, NothingMeansTheDefaults) {
  const auto line = Parse({});
  ASSERT_THAT(line, IsOk());
  EXPECT_EQ(line->options.listen, ServerOptions().listen);
  EXPECT_EQ(line->options.metrics, ServerOptions().metrics);
  EXPECT_EQ(line->options.state_dir, "facet-state");
  EXPECT_FALSE(line->check_only);
  EXPECT_FALSE(line->print.has_value());
}

TEST(CommandLineTest, TakesEveryFlag) {
  const auto line =
      Parse({"--listen", "127.0.0.1:0", "--listen=unix:/tmp/f.sock", "--metrics", "off", "--state", "/s", "--data",
             "/d", "--log-level", "debug", "--import-root", "/a", "--import-root", "/b", "--check-config"});
  ASSERT_THAT(line, IsOk());
  EXPECT_THAT(line->options.listen, ElementsAre("127.0.0.1:0", "unix:/tmp/f.sock"));
  EXPECT_EQ(line->options.metrics, "off");
  EXPECT_EQ(line->options.state_dir, "/s");
  EXPECT_EQ(line->options.data_dir, "/d");
  EXPECT_EQ(line->options.log.level, "debug");
  EXPECT_THAT(line->options.import_roots, ElementsAre("/a", "/b"));
  EXPECT_TRUE(line->check_only);
}

TEST(CommandLineTest, FlagsWinOverTheFileAndRootsAddToIt) {
  TempDir dir;
  const std::string file = dir.Write("facet.textproto",
                                     "listen: '127.0.0.1:1' listen: '127.0.0.1:2' metrics: 'off' state_dir: '/file' "
                                     "import_roots: '/file-root' limits { max_streams: 7 } log { format: 'json' }");
  const auto line =
      Parse({"--config", file, "--state", "/flag", "--listen", "127.0.0.1:3", "--import-root", "/flag-root"});
  ASSERT_THAT(line, IsOk());
  EXPECT_EQ(line->options.state_dir, "/flag");
  EXPECT_THAT(line->options.listen, ElementsAre("127.0.0.1:3"));
  EXPECT_EQ(line->options.metrics, "off");
  EXPECT_THAT(line->options.import_roots, ElementsAre("/file-root", "/flag-root"));
  EXPECT_EQ(line->options.limits.max_streams, 7);
  EXPECT_EQ(line->options.log.format, "json");
}

TEST(CommandLineTest, AFlagMayMendWhatTheFileHasWrong) {
  TempDir dir;
  const std::string file = dir.Write("facet.textproto", "listen: 'nonsense'");
  EXPECT_THAT(Parse({"--config", file}), IsBadField("listen[0]", "INVALID_ADDRESS"));
  EXPECT_THAT(Parse({"--config", file, "--listen", "127.0.0.1:0"}), IsOk());
}

TEST(CommandLineTest, BadValuesAreNamedByTheirField) {
  EXPECT_THAT(Parse({"--listen", "127.0.0.1:0", "--listen", "nonsense"}), IsBadField("listen[1]", "INVALID_ADDRESS"));
  EXPECT_THAT(Parse({"--metrics", "unix:/x"}), IsBadField("metrics", "INVALID_ADDRESS"));
  EXPECT_THAT(Parse({"--log-level", "loud"}), IsBadField("log.level", "INVALID_CONFIGURATION"));
  EXPECT_THAT(Parse({"--import-root", ""}), IsBadField("import_roots[0]", "INVALID_CONFIGURATION"));
}

TEST(CommandLineTest, WhatItDoesNotKnowIsRefusedByName) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--lisen", "127.0.0.1:0"},
                                             {"serve"},
                                             {"--listen"},
                                             {"--check-config=perhaps"},
                                             {"--state", "/a", "/b"},
                                             {"--state", "/a", "--state", "/b"}}) {
    const auto line = Parse(arguments);
    EXPECT_THAT(line, HasReason(absl::StatusCode::kInvalidArgument, "INVALID_FLAG")) << arguments[0];
    EXPECT_THAT(std::string(line.status().message()), HasSubstr("facetd --help")) << arguments[0];
  }
  EXPECT_THAT(std::string(Parse({"--lisen", "x"}).status().message()), HasSubstr("--lisen"));
}

TEST(CommandLineTest, AFileThatIsNotThereOrBrokenIsNamed) {
  EXPECT_THAT(Parse({"--config", "/nowhere/facet.textproto"}),
              IsError(absl::StatusCode::kNotFound, HasSubstr("/nowhere/facet.textproto")));
  TempDir dir;
  const std::string file = dir.Write("facet.textproto", "state_dir: '/s'\nlimitz {}\n");
  EXPECT_THAT(Parse({"--config", file}), IsError(absl::StatusCode::kInvalidArgument, StartsWith(file + ":2:")));
}

TEST(CommandLineTest, HelpAndVersionArePrinted) {
  const auto help = Parse({"--help"});
  ASSERT_THAT(help, IsOk());
  for (const char* flag : {"--config", "--listen", "--metrics", "--state", "--data", "--log-level", "--import-root",
                           "--check-config", "--version"}) {
    EXPECT_THAT(help->print.value(), HasSubstr(flag));
  }
  const ServerOptions defaults;
  for (const std::string& value : {defaults.listen[0], defaults.metrics, defaults.state_dir}) {
    EXPECT_THAT(help->print.value(), HasSubstr("(default " + value + ")"));
  }
  for (const absl::string_view line : absl::StrSplit(*help->print, '\n')) EXPECT_LE(line.size(), 80) << line;
  EXPECT_THAT(Parse({"--version"})->print.value(), testing::MatchesRegex("facetd [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

}  // namespace
}  // namespace facet::server
