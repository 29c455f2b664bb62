// SPDX-License-Identifier: Apache-2.0
// The programs as people use them: a server, and `facet` against it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "tests/end_to_end/tiny_service.h"

namespace facet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class CommandLineTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    service_ = new TinyService;
    const CommandResult train = service_->Train("first", {"--publish", "tiny", "--alias", "stable", "--hold-out",
                                                          "colour:per=digit,example;missing=colour;count=4;seed=1"});
    ASSERT_EQ(train.exit_code, 0) << train.err;
    ASSERT_THAT(train.out, HasSubstr("published as models/tiny@1"));
  }
  static void TearDownTestSuite() {
    delete service_;
    service_ = nullptr;
  }

  static CommandResult Facet(std::vector<std::string> arguments) { return service_->Facet(std::move(arguments)); }
  // What a command that must succeed wrote to --out FILE, as a picture.
  static cv::Mat Picture(std::vector<std::string> arguments, const std::string& name) {
    const std::string path = service_->folder() / name;
    arguments.insert(arguments.end(), {"--out", path});
    const CommandResult result = Facet(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return cv::imread(path);
  }
  static nlohmann::json Json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    const CommandResult result = Facet(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }

  static TinyService* service_;
};

TinyService* CommandLineTest::service_ = nullptr;

TEST_F(CommandLineTest, RendersAMixAsAPng) {
  const cv::Mat picture = Picture(
      {"render", "--model", "tiny@stable", "--set", "digit=7", "--set", "colour=red:0.5,green:0.5"}, "seven.png");
  EXPECT_EQ(picture.size(), cv::Size(28, 28));
}

TEST_F(CommandLineTest, DrawsInTheTerminal) {
  const CommandResult shown = Facet({"render", "--model", "tiny", "--set", "digit=7", "--show"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("\x1b["));
}

TEST_F(CommandLineTest, DrawsAGridASweepAndHeldOutCells) {
  const cv::Mat grid = Picture({"grid", "--model", "tiny", "--rows", "digit", "--cols", "colour"}, "grid.png");
  EXPECT_GT(grid.rows, grid.cols);  // 10 digits by 3 colours
  const cv::Mat sweep = Picture({"sweep", "--model", "tiny", "--sweep", "digit=3..8", "--steps", "9"}, "sweep.png");
  EXPECT_GT(sweep.cols, 9 * 28 - 1);
  EXPECT_FALSE(Picture({"models", "heldout", "tiny"}, "heldout.png").empty());
}

TEST_F(CommandLineTest, WritesAnAnimatedGif) {
  const std::string path = service_->folder() / "sweep.gif";
  const CommandResult sweep =
      Facet({"sweep", "--model", "tiny", "--sweep", "digit=3..8", "--steps", "5", "--out", path});
  EXPECT_EQ(sweep.exit_code, 0) << sweep.err;
  EXPECT_THAT(TempDir::Read(path), AllOf(StartsWith("GIF89a"), HasSubstr("NETSCAPE2.0")));
}

TEST_F(CommandLineTest, StreamsBatchesOntoASheet) {
  const std::string sheet = service_->folder() / "batch.png";
  const CommandResult stream = Facet({"stream", "--model", "tiny", "--mix", "colour:0.2-0.8", "--transforms",
                                      "--batch-size", "8", "--batches", "3", "--sheet", sheet});
  EXPECT_EQ(stream.exit_code, 0) << stream.err;
  EXPECT_FALSE(cv::imread(sheet).empty());
}

TEST_F(CommandLineTest, TellsTheReportOfAnIndependentJudge) {
  const nlohmann::json model = Json({"models", "show", "tiny"});
  const auto& held_out = model["card"]["report"]["held_out"][0];
  EXPECT_EQ(held_out["rule"], "colour");
  EXPECT_EQ(held_out["cell_count"], "16");  // 4 digits, one colour, 4 rotations
  for (const auto& accuracy : held_out["accuracy"]) {
    EXPECT_GE(accuracy["real"], 0.0);
    EXPECT_LE(accuracy["real"], 1.0);
  }
}

TEST_F(CommandLineTest, PrintsNothingButJsonWhenAsked) {
  EXPECT_EQ(Json({"dataset", "list"})[0]["name"], "datasets/tiny@1");
  EXPECT_EQ(Json({"jobs", "list"})[0]["state"], "TRAINING_JOB_STATE_SUCCEEDED");
  EXPECT_EQ(Json({"models", "list"})[0]["name"], "models/tiny@1");
  EXPECT_EQ(Json({"status"})["serving"], true);
}

TEST_F(CommandLineTest, AttachesToAJobOfTheSameIdAndSpec) {
  const CommandResult again =
      service_->Train("first", {"--hold-out", "colour:per=digit,example;missing=colour;count=4;seed=1"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  const CommandResult other = service_->Train("first", {"--steps", "41"});
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_THAT(other.err, HasSubstr("first"));
}

struct Mistake {
  std::vector<std::string> arguments;
  int exit_code;
  std::string says;
};

TEST_F(CommandLineTest, SaysWhatIsWrongAndEndsWithADocumentedCode) {
  const Mistake mistakes[] = {
      {{"render", "--model", "tiny", "--set", "digit=sevn", "--out", "x.png"}, 2, "7"},
      {{"render", "--model", "tiny", "--set", "color=red", "--out", "x.png"}, 2, "colour"},
      {{"render", "--model", "tinny", "--out", "x.png"}, 3, "tinny"},
      {{"render", "--model", "tiny@9", "--out", "x.png"}, 3, "no version or alias '9'"},
      {{"render", "--model", "tiny", "--set", "colour=red:-1", "--out", "x.png"}, 2, "-1"},
      {{"render", "--model", "tiny", "--out", "/nowhere/x.png"}, 3, "/nowhere"},
      {{"grid", "--model", "tiny", "--rows", "digit", "--cols", "shape", "--out", "x.png"}, 2, "shape"},
      {{"dataset", "import", "x", "/nowhere"}, 3, "/nowhere"},
      {{"dataset", "import", "Bad Name", "--bundled", "digits"}, 2, "Bad Name"},
      {{"dataset", "show", "nothing"}, 3, "nothing"},
      {{"dataset", "rm", "tiny@7"}, 3, "no version 7"},
      {{"train", "--dataset", "nothing", "--preset", "digits"}, 3, "nothing"},
      {{"train", "--dataset", "tiny", "--preset", "digts"}, 3, "digits"},
      {{"train", "--dataset", "tiny", "--preset", "digits", "--override", "stepps: 3"}, 2, "stepps"},
      {{"train", "--dataset", "tiny", "--preset", "digits", "--hold-out", "nonsense"}, 2, "nonsense"},
      {{"jobs", "show", "nothing"}, 3, "nothing"},
      {{"jobs", "pause", "first"}, 4, "succeeded"},
      {{"models", "publish", "nothing", "--as", "m"}, 3, "nothing"},
      {{"models", "alias", "tiny@1", "Not An Alias"}, 2, "Not An Alias"},
      {{"stream", "--model", "tiny", "--mix", "colour:7", "--batches", "1"}, 2, "7"},
      {{"stream", "--batches", "1"}, 2, "--model"},
      {{"frobnicate"}, 2, "--help"},
  };
  for (const Mistake& mistake : mistakes) {
    const CommandResult result = Facet(mistake.arguments);
    EXPECT_EQ(result.exit_code, mistake.exit_code) << testing::PrintToString(mistake.arguments) << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(mistake.says)) << testing::PrintToString(mistake.arguments);
  }
  EXPECT_EQ(Json({"status"})["serving"], true);
}

TEST_F(CommandLineTest, SaysWhereItLookedForAServer) {
  const CommandResult result = RunCommand({"facet", "--server", "127.0.0.1:1", "--timeout", "2", "status"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("facetd")));
}

TEST_F(CommandLineTest, ExplainsItself) {
  for (const char* program : {"facet", "facetd", "facet-trainer"}) {
    const CommandResult help = RunCommand({program, "--help"});
    EXPECT_EQ(help.exit_code, 0) << program << help.err;
    EXPECT_THAT(help.out, HasSubstr("--help")) << program;
  }
  EXPECT_THAT(RunCommand({"facet", "--version"}).out, StartsWith("facet "));
}

}  // namespace
}  // namespace facet
