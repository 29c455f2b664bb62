// SPDX-License-Identifier: Apache-2.0
// What the experiment asks of a server, and what it makes of the answers.
#include "client/cli/experiments/experiments.h"
#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/client/cli/experiments/fake_trainer.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AugmentationTest : public testing::Test {
 protected:
  AugmentationTest() : trainer_(server_) {
    context_.server = server_.address();
    context_.json = true;
    options_.name = "augmentation";
    options_.dataset = "faces";
    options_.tests = {"others=other-faces"};
    server_.datasets.get = [](const v1::GetDatasetRequest& request, v1::Dataset* dataset) {
      dataset->set_name("datasets/" + request.name() + "@1");
      for (const char* name : {"identity", "expression"}) dataset->mutable_schema()->add_features()->set_name(name);
      dataset->set_image_count(2);
      return grpc::Status::OK;
    };
    server_.datasets.read = [this](const v1::ReadDatasetImagesRequest& request,
                                   v1::ReadDatasetImagesResponse* response) {
      for (const int64_t index : request.indices()) {
        auto& image = *response->add_images();
        image.add_classes(people_[index]);
        image.add_classes("HA");
        *image.mutable_image() = client::RawImages(2, 2, std::string(12, 'x'));
      }
      return grpc::Status::OK;
    };
    server_.generation.render_stream = [this](const v1::RenderStreamRequest& request,
                                              grpc::ServerWriter<v1::RenderStreamResponse>* writer) {
      rendered_ = request;
      return client::RenderSmallImages(request, writer);
    };
  }

  client::FakeServer server_;
  FakeTrainer trainer_;
  std::vector<std::string> people_ = {"F01", "M07"};  // of the data set's images
  v1::RenderStreamRequest rendered_;
  Context context_;
  ExperimentOptions options_;
};

TEST_F(AugmentationTest, TrainsAModelThenComparesRecognisers) {
  const auto report = RunAugmentation(context_, options_);
  ASSERT_THAT(report, IsOk());
  ASSERT_EQ(trainer_.created.size(), 2u);
  EXPECT_THAT(trainer_.created[0].training_job_id(), StartsWith("augmentation-"));
  EXPECT_EQ(trainer_.created[0].spec().preset(), "face-64");
  EXPECT_THAT(trainer_.created[1].training_job_id(), StartsWith("augmentation-recognisers-"));
  const v1::AugmentationTask& task = trainer_.created[1].spec().augmentation();
  EXPECT_EQ(task.model(), "models/augmentation@1");
  EXPECT_EQ(task.tests(0).name(), "others");
  EXPECT_EQ(task.tests(0).dataset(), "datasets/other-faces@1");
  EXPECT_EQ(trainer_.published, 1) << "recognisers are no model";
  EXPECT_EQ(report->datasets.size(), 2u);
  ASSERT_EQ(report->runs.size(), 2u);
  EXPECT_EQ(report->runs[0].job->augmentation_report().feature(), "expression");
}

TEST_F(AugmentationTest, DrawsAccuraciesAndSyntheticImages) {
  const auto report = RunAugmentation(context_, options_);
  ASSERT_THAT(report, IsOk());
  ASSERT_EQ(report->pictures.size(), 2u);
  EXPECT_EQ(report->pictures[0].file, "augmentation.png");
  EXPECT_THAT(report->pictures[0].caption, HasSubstr("expression"));
  EXPECT_EQ(report->pictures[1].file, "synthetic.png");
  ASSERT_EQ(rendered_.vectors_size(), 1);
  const auto& identity = rendered_.vectors(0).features(0);
  ASSERT_EQ(identity.weights_size(), 2);
  EXPECT_EQ(identity.weights(0).class_(), "F01");
  EXPECT_EQ(identity.weights(1).class_(), "M07");
  EXPECT_EQ(identity.weights(0).weight(), 0.5F);
  EXPECT_EQ(identity.weights(1).weight(), 0.5F);
  EXPECT_EQ(rendered_.vectors(0).features(1).weights(0).class_(), "HA");
}

TEST_F(AugmentationTest, WithoutTwoPeopleAlikeThereIsOnePictureLess) {
  people_ = {"F01", "F01"};
  const auto report = RunAugmentation(context_, options_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->pictures.size(), 1u);
}

TEST_F(AugmentationTest, WithoutASyntheticSourceNoneIsDrawn) {
  trainer_.sources = {"originals", "mixup"};
  const auto report = RunAugmentation(context_, options_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->pictures.size(), 1u);
}

TEST_F(AugmentationTest, APictureThatFailsCostsNoReport) {
  server_.generation.render_stream = nullptr;
  testing::internal::CaptureStderr();
  const auto report = RunAugmentation(context_, options_);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("synthetic.png is left out: the test has set no answer"));
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->pictures.size(), 1u);
}

TEST_F(AugmentationTest, ModelThatIsThereIsTaken) {
  options_.model = "models/faces@3";
  ASSERT_THAT(RunAugmentation(context_, options_), IsOk());
  ASSERT_EQ(trainer_.created.size(), 1u);
  EXPECT_EQ(trainer_.created[0].spec().augmentation().model(), "models/faces@3");
}

TEST_F(AugmentationTest, SpecPinsTheStepsOfTheFiltersJudge) {
  server_.models.get = [](const v1::GetModelRequest& request, v1::ModelVersion* version) {
    version->set_name(request.name());
    version->mutable_card()->mutable_preset()->mutable_judge()->set_steps(70);
    return grpc::Status::OK;
  };
  options_.model = "models/faces@3";
  ASSERT_THAT(RunAugmentation(context_, options_), IsOk());
  EXPECT_EQ(trainer_.created.at(0).spec().judge().steps(), 70);
  options_.judge_steps = 9;
  ASSERT_THAT(RunAugmentation(context_, options_), IsOk());
  EXPECT_EQ(trainer_.created.at(1).spec().judge().steps(), 9);
}

TEST_F(AugmentationTest, SummaryTellsWhatRecognisersLearnFrom) {
  auto report = RunAugmentation(context_, options_);
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->summary, HasSubstr("what the model makes of every pair"));
  options_.sources = {"originals", "mixup"};
  report = RunAugmentation(context_, options_);
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->summary, HasSubstr("from the originals, from blends of two of them (mixup), and are compared"));
  EXPECT_THAT(report->summary, Not(HasSubstr("model makes")));
}

TEST_F(AugmentationTest, WithoutASyntheticSourceNoModelIsTrained) {
  options_.sources = {"originals", "mixup"};
  trainer_.sources = {"originals", "mixup"};
  const auto report = RunAugmentation(context_, options_);
  ASSERT_THAT(report, IsOk());
  ASSERT_EQ(trainer_.created.size(), 1u);
  EXPECT_EQ(trainer_.published, 0);
  EXPECT_EQ(trainer_.created[0].spec().augmentation().model(), "");
  EXPECT_EQ(trainer_.created[0].spec().preset(), "face-64") << "there is no model's";
  EXPECT_EQ(report->runs.size(), 1u);
}

TEST_F(AugmentationTest, NothingIsTrainedWhereOptionsAreBad) {
  const auto refused = [&](const std::string& says) {
    EXPECT_THAT(RunAugmentation(context_, options_), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says)));
    EXPECT_TRUE(trainer_.created.empty()) << says;
  };
  options_.sources = {"zzz"};
  refused("zzz");
  options_.sources = {};
  options_.filter = {"min_confidence: 2"};
  refused("min_confidence");
  options_.filter = {};
  options_.tests = {"all=other-faces"};
  refused("'all' is taken");
  options_.tests = {"others=other-faces"};
  server_.datasets.get = [](const v1::GetDatasetRequest& request, v1::Dataset* dataset) {
    dataset->set_name("datasets/" + request.name() + "@1");
    for (const char* name : {"identity", "expression"}) dataset->mutable_schema()->add_features()->set_name(name);
    dataset->mutable_schema()->mutable_features(1)->add_classes(request.name() == "faces" ? "HA" : "SU");
    return grpc::Status::OK;
  };
  refused("shows the expression 'SU'");
}

TEST_F(AugmentationTest, SaysWhatIsMissing) {
  options_.tests = {"others"};
  EXPECT_THAT(RunAugmentation(context_, options_),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("NAME=DATASET")));
  options_.tests = {};
  EXPECT_THAT(RunAugmentation(context_, options_), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--test")));
  options_.dataset = "";
  EXPECT_THAT(RunAugmentation(context_, options_), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--kdef")));
}

}  // namespace
}  // namespace facet::cli
