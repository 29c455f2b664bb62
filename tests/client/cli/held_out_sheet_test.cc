// SPDX-License-Identifier: Apache-2.0
#include "client/cli/held_out_sheet.h"

#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/base/status_is.h"
#include "tests/client/fake_server.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// `count` images of 4 x 4 pixels of one red, which no letter has.
v1::ImageData Reds(int count, char red) {
  std::string data;
  for (int i = 0; i < count * 16; ++i) data.append({red, 0, 0});
  return client::RawImages(4, 4, std::move(data));
}

class HeldOutSheetTest : public testing::Test {
 protected:
  HeldOutSheetTest() : client_(client::Client::Create({.address = server_.address()}).value()) {
    model_.set_name("models/digits@3");
    model_.mutable_card()->set_dataset("datasets/digits@2");
    model_.mutable_card()->set_dataset_fingerprint("f2");
    for (const char* name : {"digit", "colour"}) {
      v1::Feature& feature = *model_.mutable_card()->mutable_schema()->add_features();
      feature.set_name(name);
      for (const char* c : {"a", "b"}) feature.add_classes(c);
    }
    server_.models.get = [this](const v1::GetModelRequest&, v1::ModelVersion* model) {
      *model = model_;
      return grpc::Status::OK;
    };
    server_.datasets.get = [](const v1::GetDatasetRequest& request, v1::Dataset* dataset) {
      dataset->set_name(request.name());
      dataset->set_fingerprint("f2");
      return grpc::Status::OK;
    };
    server_.datasets.read = [this](const v1::ReadDatasetImagesRequest& request,
                                   v1::ReadDatasetImagesResponse* response) {
      EXPECT_EQ(request.name(), images_);
      indices_.emplace_back(request.indices().begin(), request.indices().end());
      for (const int64_t index : request.indices()) {
        v1::DatasetImage& image = *response->add_images();
        image.set_index(index);
        image.add_classes(index % 2 == 0 ? "b" : "a");
        image.add_classes("a");
        *image.mutable_image() = Reds(1, 60);
      }
      return grpc::Status::OK;
    };
    server_.generation.render_stream = [this](const v1::RenderStreamRequest& request,
                                              grpc::ServerWriter<v1::RenderStreamResponse>* writer) {
      EXPECT_EQ(request.model(), "models/digits@3") << "the version of the card";
      rendered_.insert(rendered_.end(), request.vectors().begin(), request.vectors().end());
      v1::RenderStreamResponse response;
      *response.add_images() = Reds(request.vectors_size(), 120);
      writer->Write(response);
      return grpc::Status::OK;
    };
  }

  void HoldOut(const std::string& rule, int samples) {
    v1::HeldOutReport& report = *model_.mutable_card()->mutable_report()->add_held_out();
    report.set_rule(rule);
    for (int i = 0; i < samples; ++i) report.add_sample_images(100 + i);
  }

  // Of the first rule.
  void HoldOutImage(int64_t image) {
    v1::EvaluationReport& report = *model_.mutable_card()->mutable_report();
    if (report.held_out_size() == 0) report.add_held_out();
    report.mutable_held_out(0)->add_sample_images(image);
  }

  client::FakeServer server_;
  std::unique_ptr<client::Client> client_;
  v1::ModelVersion model_;
  std::string images_ = "datasets/digits@2";
  std::vector<std::vector<int64_t>> indices_;  // of each ReadDatasetImages
  std::vector<v1::FeatureVector> rendered_;
  TempDir dir_;
};

TEST_F(HeldOutSheetTest, DrawsRealAboveRenderedForEachRule) {
  HoldOut("colour", 3);
  HoldOut("rotation", 30);
  ASSERT_THAT(WriteHeldOutSheet(*client_, "digits", dir_ / "sheet.png"), IsOk());
  EXPECT_THAT(indices_, ElementsAre(ElementsAre(100, 101, 102), SizeIs(30)));
  ASSERT_EQ(rendered_.size(), 15u) << "at most 12 of a rule";
  EXPECT_EQ(rendered_[0].features(0).feature(), "digit");
  EXPECT_EQ(rendered_[0].features(0).weights(0).class_(), "b") << "what the real image shows";
  EXPECT_EQ(rendered_[0].features(1).weights(0).class_(), "a");
  const cv::Mat sheet = cv::imread(dir_ / "sheet.png");
  ASSERT_FALSE(sheet.empty());
  int real = 0, synthetic = 0;
  for (const auto& pixel : cv::Mat_<cv::Vec3b>(sheet)) {
    real += pixel == cv::Vec3b(0, 0, 60);
    synthetic += pixel == cv::Vec3b(0, 0, 120);
  }
  EXPECT_EQ(real, 15 * 84 * 84);
  EXPECT_EQ(synthetic, 15 * 84 * 84);
}

// The first 13 images show the one digit, the last 6 the other.
TEST_F(HeldOutSheetTest, ClassesComeEvenly) {
  for (int i = 0; i < 13; ++i) HoldOutImage(2 * i);
  for (int i = 0; i < 6; ++i) HoldOutImage(101 + 2 * i);
  ASSERT_THAT(MakeHeldOutSheet(*client_, "digits"), IsOk());
  int of_a = 0;
  for (const v1::FeatureVector& vector : rendered_) of_a += vector.features(0).weights(0).class_() == "a";
  EXPECT_EQ(rendered_.size(), 12u);
  EXPECT_EQ(of_a, 6);
}

TEST_F(HeldOutSheetTest, RowsNameTheRuleThatHeldThemOut) {
  HoldOut("expression", 1);
  const auto sheet = MakeHeldOutSheet(*client_, "digits");
  ASSERT_THAT(sheet, IsOk());
  EXPECT_THAT(sheet->row_labels, ElementsAre("held out by rule 'expression': real", "rendered"));
}

TEST_F(HeldOutSheetTest, ImagesThatHaveAnotherNameHereAreFound) {
  HoldOut("colour", 3);
  server_.datasets.get = [](const v1::GetDatasetRequest&, v1::Dataset* dataset) {
    dataset->set_fingerprint("of other images");
    return grpc::Status::OK;
  };
  server_.datasets.list = [](const v1::ListDatasetsRequest&, v1::ListDatasetsResponse* response) {
    v1::Dataset& dataset = *response->add_datasets();
    dataset.set_name("datasets/figures@1");
    dataset.set_fingerprint("f2");
    return grpc::Status::OK;
  };
  images_ = "datasets/figures@1";
  EXPECT_THAT(MakeHeldOutSheet(*client_, "digits"), IsOk());
}

TEST_F(HeldOutSheetTest, WithoutHeldOutCellsItSaysHowToGetSome) {
  HoldOut("colour", 0);
  EXPECT_THAT(WriteHeldOutSheet(*client_, "digits", dir_ / "sheet.png"),
              IsError(absl::StatusCode::kFailedPrecondition, HasSubstr("--hold-out")));
}

TEST_F(HeldOutSheetTest, ErrorsOfTheServerComeThrough) {
  HoldOut("colour", 3);
  server_.datasets.read = [](const v1::ReadDatasetImagesRequest&, v1::ReadDatasetImagesResponse*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no data set 'digits'");
  };
  EXPECT_EQ(WriteHeldOutSheet(*client_, "digits", dir_ / "sheet.png").code(), absl::StatusCode::kNotFound);
}

TEST_F(HeldOutSheetTest, ABadPathIsRefused) {
  HoldOut("colour", 3);
  EXPECT_EQ(WriteHeldOutSheet(*client_, "digits", dir_ / "sheet.bmp").code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace facet::cli
