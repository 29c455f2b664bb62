// SPDX-License-Identifier: Apache-2.0
// Experiments with a model that there is, on a server that need not have its images.
#include "client/cli/experiments/trained_model.h"

#include <string>

#include "client/cli/experiments/experiments.h"
#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/client/fake_server.h"
#include "tests/proto/from_text.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class TrainedModelTest : public testing::Test {
 protected:
  TrainedModelTest() {
    context_.server = server_.address();
    context_.json = true;
    options_.name = "e";
    options_.model = "studio";
    server_.models.get = [this](const v1::GetModelRequest&, v1::ModelVersion* model) {
      *model = model_;
      return grpc::Status::OK;
    };
    server_.datasets.get = [](const v1::GetDatasetRequest&, v1::Dataset*) {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no data set 'studio'");
    };
    server_.datasets.list = [this](const v1::ListDatasetsRequest&, v1::ListDatasetsResponse* response) {
      *response->add_datasets() = faces_;
      return grpc::Status::OK;
    };
    server_.datasets.read = [](const v1::ReadDatasetImagesRequest& request, v1::ReadDatasetImagesResponse* response) {
      EXPECT_EQ(request.name(), "datasets/studiofaces@1");
      auto& image = *response->add_images();
      image.add_classes("F01");
      image.add_classes("HA");
      *image.mutable_image() = client::RawImages(2, 2, std::string(12, 'x'));
      return grpc::Status::OK;
    };
    server_.generation.render_stream = client::RenderSmallImages;
  }

  client::FakeServer server_;
  v1::ModelVersion model_ = FromText<v1::ModelVersion>(R"(
    name: "models/studio@1"
    card {
      dataset: "datasets/studio@1" dataset_fingerprint: "f1"
      schema {
        features { name: "identity" classes: ["F01", "M07"] }
        features { name: "expression" classes: ["HA", "NE"] }
      }
    })");
  v1::Dataset faces_ =
      FromText<v1::Dataset>(R"(name: "datasets/studiofaces@1" fingerprint: "of others" image_count: 1)");
  Context context_;
  ExperimentOptions options_;
};

TEST_F(TrainedModelTest, MixingNeedsNoImages) {
  const auto report = RunMixing(context_, options_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->pictures.size(), 1u);
  EXPECT_THAT(report->datasets, IsEmpty());
  faces_.set_fingerprint("f1");
  EXPECT_EQ(RunMixing(context_, options_)->datasets.at(0).name(), "datasets/studiofaces@1")
      << "named where it is there";
}

TEST_F(TrainedModelTest, ReconstructionFindsTheImagesByFingerprint) {
  EXPECT_THAT(RunReconstruction(context_, options_),
              IsError(absl::StatusCode::kNotFound, HasSubstr("learnt from are not on this server")));
  faces_.set_fingerprint("f1");
  const auto report = RunReconstruction(context_, options_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->datasets.at(0).name(), "datasets/studiofaces@1");
}

TEST_F(TrainedModelTest, AModelOfOtherThingsIsRefused) {
  model_.mutable_card()->mutable_schema()->mutable_features(1)->set_name("colour");
  EXPECT_THAT(RunMixing(context_, options_),
              IsError(absl::StatusCode::kFailedPrecondition,
                      AllOf(HasSubstr("mixing needs a model with the features identity, expression"),
                            HasSubstr("models/studio@1 has no expression"))));
}

}  // namespace
}  // namespace facet::cli
