// SPDX-License-Identifier: Apache-2.0
#include "client/cli/training_images.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/base/status_is.h"
#include "tests/client/fake_server.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A server with data sets, oldest version first.
class TrainingImagesTest : public testing::Test {
 protected:
  TrainingImagesTest() : client_(client::Client::Create({.address = server_.address()}).value()) {
    model_.set_name("models/studio@1");
    model_.mutable_card()->set_dataset("datasets/studio@1");
    model_.mutable_card()->set_dataset_fingerprint("f1");
    server_.datasets.get = [this](const v1::GetDatasetRequest& request, v1::Dataset* dataset) {
      for (const v1::Dataset& there : datasets_) {
        if (there.name() != request.name()) continue;
        *dataset = there;
        return grpc::Status::OK;
      }
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no such data set");
    };
    server_.datasets.list = [this](const v1::ListDatasetsRequest& request, v1::ListDatasetsResponse* response) {
      for (const v1::Dataset& there : datasets_) {
        const bool newest = !absl::StartsWith(there.name(), "datasets/faces@") || there.name() == "datasets/faces@2";
        const bool asked = absl::StartsWith(there.name(), absl::StrCat(request.dataset(), "@"));
        if (request.dataset().empty() ? newest : asked) *response->add_datasets() = there;
      }
      return grpc::Status::OK;
    };
  }

  void Add(const std::string& name, const std::string& fingerprint) {
    v1::Dataset& dataset = datasets_.emplace_back();
    dataset.set_name(name);
    dataset.set_fingerprint(fingerprint);
  }
  absl::StatusOr<std::string> Find() {
    auto found = FindTrainingImages(*client_, model_);
    if (!found.ok()) return found.status();
    return found->name();
  }

  client::FakeServer server_;
  std::unique_ptr<client::Client> client_;
  v1::ModelVersion model_;
  std::vector<v1::Dataset> datasets_;
};

TEST_F(TrainingImagesTest, AreThoseThatTheCardNames) {
  Add("datasets/other@1", "f1");
  Add("datasets/studio@1", "f1");
  EXPECT_EQ(*Find(), "datasets/studio@1");
}

TEST_F(TrainingImagesTest, AreFoundByTheirFingerprintUnderAnyName) {
  Add("datasets/studiofaces@1", "f1");
  EXPECT_EQ(*Find(), "datasets/studiofaces@1");
}

TEST_F(TrainingImagesTest, OtherImagesOfThatNameAreNotTaken) {
  Add("datasets/studio@1", "of other images");
  Add("datasets/studiofaces@1", "f1");
  EXPECT_EQ(*Find(), "datasets/studiofaces@1");
}

TEST_F(TrainingImagesTest, OlderVersionsAreLookedAt) {
  Add("datasets/faces@1", "f1");
  Add("datasets/faces@2", "of more images");
  EXPECT_EQ(*Find(), "datasets/faces@1");
}

TEST_F(TrainingImagesTest, WhereTheyAreNotTheErrorSaysWhatToDo) {
  Add("datasets/studio@1", "of other images");
  EXPECT_THAT(Find(), IsError(absl::StatusCode::kNotFound,
                              AllOf(HasSubstr("the images that 'models/studio@1' learnt from are not on this server"),
                                    HasSubstr("fingerprint f1"), HasSubstr("facet dataset import"))));
}

TEST_F(TrainingImagesTest, OtherErrorsComeThrough) {
  server_.datasets.get = [](const v1::GetDatasetRequest&, v1::Dataset*) {
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "no");
  };
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace facet::cli
