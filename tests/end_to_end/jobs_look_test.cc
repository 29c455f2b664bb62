// SPDX-License-Identifier: Apache-2.0
// Looking at jobs and going on from them, by command line and C++ client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/end_to_end/tiny_service.h"

namespace facet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JobsLookTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    service_ = new TinyService;
    const CommandResult trained = service_->Train(
        "first", {"--publish", "tiny", "--keep", "1", "--override", "schedule { kind: SCHEDULE_KIND_STEP }"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
  }
  static void TearDownTestSuite() { delete service_; }

  static TinyService* service_;
};
TinyService* JobsLookTest::service_ = nullptr;

TEST_F(JobsLookTest, LogShowsWhatTheTrainerSaid) {
  const CommandResult logs = service_->Facet({"jobs", "logs", "first", "-f", "--all"});
  EXPECT_EQ(logs.exit_code, 0) << logs.err;
  EXPECT_THAT(logs.out, HasSubstr("saved a checkpoint at step 40"));
  EXPECT_THAT(logs.out, HasSubstr("finished"));
  EXPECT_EQ(service_->Facet({"jobs", "logs", "nobody"}).exit_code, 3);
}

TEST_F(JobsLookTest, CurveIsDrawnAndLiesInTheFolder) {
  const std::string out = service_->folder() / "curve.svg";
  const CommandResult plot = service_->Facet({"jobs", "plot", "first", "--out", out});
  EXPECT_EQ(plot.exit_code, 0) << plot.err;
  EXPECT_THAT(plot.out, HasSubstr("40 points, 4 checkpoints, 4 of them judged"));
  EXPECT_THAT(TempDir::Read(out), HasSubstr("images, %, by an independent judge"));
  EXPECT_EQ(TempDir::Read(out), TempDir::Read(service_->state_dir() + "/jobs/first/curve.svg"));
}

TEST_F(JobsLookTest, SamplesAreAPicture) {
  const auto samples = service_->Connect()->GetTrainingSamples("first", 0);
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->step(), 40);
  EXPECT_EQ(samples->png().substr(1, 3), "PNG");
}

TEST_F(JobsLookTest, NobodyElseMayReadTheState) {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(service_->state_dir())) {
    if (entry.is_socket()) continue;  // its folder says who may connect
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms::others_all, std::filesystem::perms::none)
        << entry.path();
    ++files;
  }
  EXPECT_GT(files, 10);
}

TEST_F(JobsLookTest, StatusSaysWhatTakesTheDisk) {
  const CommandResult status = service_->Facet({"status"});
  EXPECT_THAT(status.out, HasSubstr("checkpoints"));
  EXPECT_THAT(status.out, HasSubstr(" free"));
}

TEST_F(JobsLookTest, ExtendedJobIsTheJobThatWasLonger) {
  ASSERT_EQ(service_->Facet({"jobs", "extend", "first", "--steps", "20", "--id", "more"}).exit_code, 0);
  EXPECT_EQ(service_->Facet({"jobs", "watch", "more"}).exit_code, 0);
  ASSERT_EQ(service_->Train("long", {"--steps", "60", "--override", "schedule { kind: SCHEDULE_KIND_STEP }"}).exit_code,
            0);
  const auto weights = [&](const std::string& job) {
    return TempDir::Read(absl::StrCat(service_->state_dir(), "/jobs/", job, "/bundle/weights.safetensors"));
  };
  EXPECT_TRUE(weights("more") == weights("long"));
  const auto curve = service_->Connect()->GetTrainingCurve("more");
  EXPECT_EQ(curve->points_size(), 60) << "the curve has its beginning, too";
}

TEST_F(JobsLookTest, FineTunedModelNamesItsOrigin) {
  const CommandResult tuned = service_->Train("tuned", {"--from-model", "tiny", "--publish", "tuned"});
  ASSERT_EQ(tuned.exit_code, 0) << tuned.err;
  const auto model = service_->Connect()->GetModel("tuned");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->card().lineage(), ElementsAre("models/tiny@1"));
}

TEST_F(JobsLookTest, EstimateComesWithoutAJob) {
  const CommandResult estimate = service_->Train("never", {"--validate-only"});
  EXPECT_EQ(estimate.exit_code, 0) << estimate.err;
  EXPECT_THAT(estimate.out, HasSubstr("needs about"));
  EXPECT_EQ(service_->Connect()->GetTrainingJob("never").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace facet
