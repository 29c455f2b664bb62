// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/images.h"

#include <vector>

#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/client/fake_server.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ImagesTest : public testing::Test {
 protected:
  ImagesTest() {
    context_.server = server_.address();
    context_.json = true;
    options_.name = "high-level";
    for (const char* file : {"AF01NES.JPG", "AM01NES.JPG", "AF02NES.JPG"}) dir_.Write(std::string("kdef/") + file, "x");
    options_.kdef = dir_ / "kdef";
    server_.datasets.list = [this](const v1::ListDatasetsRequest& request, v1::ListDatasetsResponse* response) {
      EXPECT_EQ(request.dataset(), "high-level-faces");
      for (const v1::Dataset& version : versions_) *response->add_datasets() = version;
      return grpc::Status::OK;
    };
    server_.datasets.import = [this](grpc::ServerReader<v1::ImportDatasetRequest>* reader, v1::Dataset* dataset) {
      v1::ImportDatasetRequest request;
      reader->Read(&request);
      imported_.push_back(request.spec());
      while (reader->Read(&request)) continue;
      dataset->set_name("datasets/high-level-faces@9");
      return grpc::Status::OK;
    };
  }

  void AddVersion(int version, const std::string& description) {
    v1::Dataset& dataset = versions_.emplace_back();
    dataset.set_name("datasets/high-level-faces@" + std::to_string(version));
    dataset.set_description(description);
    dataset.mutable_create_time()->set_seconds(version);
  }
  std::string Description() {
    return PlanFaces(options_, "high-level-faces", {{"A"}, {"NE", "DI", "HA", "SU"}, {}, {}})->spec.description();
  }

  TempDir dir_;
  client::FakeServer server_;
  Context context_;
  ExperimentOptions options_;
  std::vector<v1::Dataset> versions_;
  std::vector<v1::ImportSpec> imported_;
};

TEST_F(ImagesTest, FacesAreThoseOfThePapersTask) {
  ASSERT_THAT(PrepareImages(context_, options_), IsOk());
  ASSERT_EQ(imported_.size(), 1u);
  const v1::ImportSpec& spec = imported_[0];
  EXPECT_EQ(spec.dataset(), "high-level-faces");
  EXPECT_TRUE(spec.has_upload());
  EXPECT_THAT(spec.kdef().expressions(), ElementsAre("NE", "DI", "HA", "SU"));
  EXPECT_THAT(spec.kdef().sessions(), ElementsAre("A"));
  EXPECT_THAT(spec.kdef().angles(), ElementsAre("S"));
  EXPECT_THAT(spec.kdef().transforms(), IsEmpty());
  EXPECT_THAT(spec.kdef().people(), IsEmpty());
  EXPECT_EQ(spec.kdef().image_size(), 64);
}

TEST_F(ImagesTest, SizeFollowsFromThePresetUnlessGiven) {
  options_.preset = "face-158-k4";
  EXPECT_EQ(PlanFaces(options_, "x", {})->spec.kdef().image_size(), 158);
  options_.image_size = 96;
  EXPECT_EQ(PlanFaces(options_, "x", {})->spec.kdef().image_size(), 96);
}

TEST_F(ImagesTest, FirstPeopleAreTakenInTurn) {
  options_.people = 2;
  ASSERT_THAT(PrepareImages(context_, options_), IsOk());
  EXPECT_THAT(imported_.at(0).kdef().people(), ElementsAre("F01", "M01"));
  options_.people = 4;
  EXPECT_THAT(PrepareImages(context_, options_),
              IsError(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("--people 4"), HasSubstr(": 3"))));
}

TEST_F(ImagesTest, FolderOfTheServerIsNotLookedInto) {
  options_.on_server = true;
  options_.kdef = "/srv/kdef";
  options_.people = 3;
  ASSERT_THAT(PrepareImages(context_, options_), IsOk());
  EXPECT_EQ(imported_.at(0).folder().path(), "/srv/kdef");
  EXPECT_THAT(imported_[0].kdef().people(), ElementsAre("F01", "M01", "F02"));
  EXPECT_THAT(imported_[0].description(), HasSubstr("/srv/kdef"));
}

TEST_F(ImagesTest, EqualImportIsFoundAgain) {
  AddVersion(1, Description());
  AddVersion(3, Description());
  AddVersion(4, "of other images");
  const auto dataset = PrepareImages(context_, options_);
  ASSERT_THAT(dataset, IsOk());
  EXPECT_EQ(dataset->name(), "datasets/high-level-faces@3");
  EXPECT_THAT(imported_, IsEmpty());
}

TEST_F(ImagesTest, WhatWasLeftOutIsPrinted) {
  AddVersion(1, Description());
  v1::Dataset& version = versions_.back();
  version.mutable_schema()->add_features()->set_name("identity");
  version.add_dropped()->set_path("AF04/AF04NES.JPG");
  version.mutable_dropped(0)->set_reason("no face");
  version.set_dropped_count(1);
  testing::internal::CaptureStdout();
  EXPECT_THAT(PrepareImages(context_, options_), IsOk());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "") << "with --json there is the report alone";
  context_.json = false;
  testing::internal::CaptureStdout();
  EXPECT_THAT(PrepareImages(context_, options_), IsOk());
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              AllOf(HasSubstr("AF04/AF04NES.JPG: no face\n"), HasSubstr("nobody is left of: F04\n")));
}

TEST_F(ImagesTest, OtherOptionsAndOtherFilesAreImported) {
  AddVersion(1, Description());
  options_.face_margin = 0.2F;
  ASSERT_THAT(PrepareImages(context_, options_), IsOk());
  EXPECT_EQ(imported_.size(), 1u);
  options_.face_margin = 0;
  dir_.Write("kdef/AM02NES.JPG", "x");
  ASSERT_THAT(PrepareImages(context_, options_), IsOk());
  EXPECT_EQ(imported_.size(), 2u);
}

TEST_F(ImagesTest, OneSourceOfImagesIsNeeded) {
  options_.dataset = "faces";
  EXPECT_THAT(PrepareImages(context_, options_),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--kdef FOLDER")));
  options_.dataset = options_.kdef = "";
  EXPECT_THAT(PrepareImages(context_, options_),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--dataset NAME")));
}

TEST_F(ImagesTest, NamedDataSetIsTakenAsItIs) {
  server_.datasets.get = [](const v1::GetDatasetRequest& request, v1::Dataset* dataset) {
    dataset->set_name("datasets/" + request.name() + "@7");
    return grpc::Status::OK;
  };
  options_.kdef = "";
  options_.dataset = "faces";
  const auto dataset = PrepareImages(context_, options_);
  ASSERT_THAT(dataset, IsOk());
  EXPECT_EQ(dataset->name(), "datasets/faces@7");
}

TEST(CheckFeaturesTest, SaysWhatIsThereAndHowToGetTheRest) {
  v1::Dataset dataset;
  dataset.set_name("datasets/cars@1");
  for (const char* name : {"make", "colour"}) dataset.mutable_schema()->add_features()->set_name(name);
  EXPECT_THAT(CheckFeatures(dataset, "mixing", {"colour"}), IsOk());
  EXPECT_THAT(CheckFeatures(dataset, "mixing", {"identity", "expression"}),
              IsError(absl::StatusCode::kFailedPrecondition,
                      AllOf(HasSubstr("mixing needs images with the features identity, expression"),
                            HasSubstr("datasets/cars@1 has make, colour"), HasSubstr("facet dataset import"))));
}

}  // namespace
}  // namespace facet::cli
