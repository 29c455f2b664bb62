// SPDX-License-Identifier: Apache-2.0
// `facet experiment` from a folder of faces to a report, against a real server,
// at a size at which nothing is learnt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "absl/strings/str_cat.h"
#include "tests/end_to_end/tiny_service.h"
#include "tests/model/data/drawn_face.h"

namespace facet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kPeople = 9;

class ExperimentsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    service_ = new TinyService;
    const char* const expressions[] = {"DI", "HA", "NE", "SU"};
    for (int person = 1; person <= kPeople; ++person) {
      for (int mouth = 0; mouth < 4; ++mouth) {
        service_->folder().Write(absl::StrCat("kdef/AF0", person, "/AF0", person, expressions[mouth], "S.png"),
                                 model::PngOf(model::DrawnPortrait(57 + 3 * person, mouth)));
      }
    }
  }
  static void TearDownTestSuite() {
    delete service_;
    service_ = nullptr;
  }

  static std::string Folder(const std::string& name) { return service_->folder() / name; }
  // `facet experiment` with the smallest nets.
  static CommandResult Experiment(std::vector<std::string> words) {
    words.insert(words.begin(), "experiment");
    words.insert(words.end(), {"--preset-file", TestFile("tiny.textproto"), "--steps", "10"});
    return service_->Facet(std::move(words));
  }
  static CommandResult HighLevel(const std::string& out) {
    return Experiment({"high-level", "--kdef", Folder("kdef"), "--size", "28", "--curve", "1,2", "--out", out});
  }
  static size_t Count(const std::vector<std::string>& list) {
    std::vector<std::string> words = list;
    words.insert(words.begin(), "--json");
    return nlohmann::json::parse(service_->Facet(words).out).size();
  }

  static TinyService* service_;
};

TinyService* ExperimentsTest::service_ = nullptr;

TEST_F(ExperimentsTest, FacesBecomeAReportWithACurveAndASecondRunFindsAll) {
  const std::string out = Folder("high-level");
  const CommandResult first = HighLevel(out);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr(out + "/report.md"));
  const auto report = nlohmann::json::parse(TempDir::Read(out + "/report.json"));
  ASSERT_EQ(report["runs"].size(), 2u);
  EXPECT_EQ(report["datasets"][0]["image_count"], "288");
  EXPECT_EQ(report["runs"][0]["report"]["held_out"][0]["cell_count"], "64") << "8 people, 1 expression, 8 transforms";
  EXPECT_EQ(report["runs"][1]["report"]["held_out"][0]["cell_count"], "128");
  EXPECT_EQ(report["runs"][1]["model"], "models/high-level-2-of-4@1");
  EXPECT_THAT(TempDir::Read(out + "/report.md"),
              AllOf(HasSubstr("![curve.png](curve.png)"), HasSubstr("8 of identity lose 2 of expression each"),
                    HasSubstr("| expression recognised |"), HasSubstr("facet experiment high-level --kdef")));
  for (const char* picture : {"/curve.png", "/high-level.png", "/high-level-2-of-4.png"}) {
    EXPECT_FALSE(cv::imread(out + picture).empty()) << picture;
  }

  const size_t jobs = Count({"jobs", "list"});
  const CommandResult again = HighLevel(Folder("again"));
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(Count({"jobs", "list"}), jobs);
  EXPECT_EQ(Count({"dataset", "list", "high-level-faces"}), 1u);
  EXPECT_EQ(Count({"models", "list", "high-level"}), 1u);
  auto second = nlohmann::json::parse(TempDir::Read(Folder("again") + "/report.json"));
  second["command"] = report["command"];
  EXPECT_EQ(second, report);
}

TEST_F(ExperimentsTest, DigitsMissAColourOrAllColoursOfARotation) {
  const std::string out = Folder("low-level");
  const CommandResult result =
      Experiment({"--json", "low-level", "--bundled", "digits", "--per-digit", "4", "--out", out});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report, nlohmann::json::parse(TempDir::Read(out + "/report.json")));
  const auto& held_out = report["runs"][0]["report"]["held_out"];
  ASSERT_EQ(held_out.size(), 2u);
  EXPECT_EQ(held_out[0]["rule"], "missing-colour");
  EXPECT_EQ(held_out[0]["cell_count"], "16") << "4 of 40 digits, 4 rotations";
  EXPECT_EQ(held_out[1]["rule"], "missing-both");
  EXPECT_EQ(held_out[1]["cell_count"], "12") << "4 of 40 digits, 3 colours";
  EXPECT_FALSE(cv::imread(out + "/low-level.png").empty());
}

TEST_F(ExperimentsTest, PublishedModelIsReconstructedAndMixed) {
  const std::string faces = Folder("faces");
  const CommandResult train = Experiment({"mixing", "--name", "faces", "--kdef", Folder("kdef"), "--size", "28",
                                          "--people", "3", "--with", "F02,F03", "--out", faces});
  ASSERT_EQ(train.exit_code, 0) << train.err;
  const CommandResult mixing = service_->Facet(
      {"experiment", "mixing", "--model", "faces", "--person", "F02", "--expression", "HA", "--out", Folder("mixing")});
  ASSERT_EQ(mixing.exit_code, 0) << mixing.err;
  EXPECT_THAT(
      TempDir::Read(Folder("mixing") + "/report.md"),
      AllOf(HasSubstr("F02 mixed with F01, F03 in HA"), HasSubstr("models/faces@1"), HasSubstr("Mixes of identity")));
  EXPECT_FALSE(cv::imread(Folder("mixing") + "/mixing.png").empty());
  const CommandResult reconstruction =
      service_->Facet({"experiment", "reconstruction", "--model", "faces", "--out", Folder("reconstruction")});
  ASSERT_EQ(reconstruction.exit_code, 0) << reconstruction.err;
  EXPECT_FALSE(cv::imread(Folder("reconstruction") + "/reconstruction.png").empty());
}

struct Mistake {
  std::vector<std::string> arguments;
  int exit_code;
  std::string says;
};

TEST_F(ExperimentsTest, SaysWhatIsWrong) {
  const std::string kdef = Folder("kdef");
  const Mistake mistakes[] = {
      {{"high-level"}, 2, "--kdef FOLDER"},
      {{"high-level", "--kdef", "/nowhere"}, 3, "/nowhere"},
      {{"high-level", "--kdef", kdef, "--people", "10"}, 2, "--people 10"},
      {{"high-level", "--name", "few", "--kdef", kdef, "--people", "7", "--size", "28"}, 4, "8 are needed"},
      {{"high-level", "--name", "all", "--kdef", kdef, "--curve", "4", "--size", "28"}, 2, "1 to 3"},
      {{"high-level", "--dataset", "tiny"}, 4, "identity, expression"},
      {{"mixing", "--dataset", "nothing"}, 3, "nothing"},
      {{"low-level", "--bundled", "digits", "--name", "Bad Name"}, 2, "Bad Name"},
      {{"augmentation", "--dataset", "tiny"}, 2, "--test"},
      {{"augmentation", "--dataset", "tiny", "--test", "a=tiny", "--seeds", "101"}, 2, "--seeds"},
      {{"augmentation", "--dataset", "tiny", "--test", "a=tiny", "--filter", "confidence: 1"}, 2, "--filter"},
      {{"augmentation", "--kdef", kdef, "--people", "3"}, 4, "4 are needed"},
      {{"reconstruction"}, 2, "--bundled digits"},
      {{"high-levl"}, 2, "high-level"},
  };
  for (const Mistake& mistake : mistakes) {
    const CommandResult result = Experiment(mistake.arguments);
    EXPECT_EQ(result.exit_code, mistake.exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(mistake.says));
  }
}

}  // namespace
}  // namespace facet
