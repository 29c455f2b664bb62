// SPDX-License-Identifier: Apache-2.0
// `facet stream`: mistakes that a server finds, and exports.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/client/cli/facet_program.h"

namespace facet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Describes and streams two batches of an image each. `faces` is version
// `newest` of that data set; the stream's fingerprint is its data set's version.
class FacetStreamTest : public FacetProgramTest {
 protected:
  FacetStreamTest() {
    server_.augmentation.describe = [this](const v1::DescribeStreamRequest& request,
                                           v1::DescribeStreamResponse* response) {
      *response->mutable_schema() = model_.card().schema();
      response->set_model_version("models/digits@3");
      response->set_dataset_version(VersionOf(request.spec()));
      response->set_fingerprint(VersionOf(request.spec()));
      response->set_steps_per_epoch(2);
      return grpc::Status::OK;
    };
    server_.augmentation.stream = [this](client::FakeAugmentation::Stream* call) { return Stream(call); };
    spec_ = dir_.Write("r.yaml", "model: digits\nrecipe:\n  real: {dataset: faces, share: 0.5}\n");
  }

  CommandResult Export(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"stream", "--spec", spec_, "--out", dir_ / "out"};
    words.insert(words.end(), more.begin(), more.end());
    return Facet(words);
  }

  std::string newest_ = "2";
  std::string spec_;

 private:
  std::string VersionOf(const v1::StreamSpec& spec) const {
    const std::string& dataset = spec.recipe().real().dataset();
    return absl::StrContains(dataset, '@') ? dataset : absl::StrCat("datasets/", dataset, "@", newest_);
  }
  static grpc::Status Stream(client::FakeAugmentation::Stream* call) {
    v1::StreamBatchesRequest request;
    if (!call->Read(&request)) return grpc::Status::CANCELLED;
    int next = 0;
    if (absl::SimpleAtoi(request.start().resume_token(), &next)) ++next;
    for (; next < 2; ++next) {
      v1::StreamBatchesResponse batch;
      batch.mutable_images()->set_encoding(v1::IMAGE_ENCODING_RAW);
      batch.mutable_images()->set_pixel_type(v1::PIXEL_TYPE_UINT8);
      batch.mutable_images()->set_layout(v1::PIXEL_LAYOUT_NHWC);
      for (const int length : {1, 2, 2, 3}) batch.mutable_images()->add_shape(length);
      batch.mutable_images()->set_data(std::string(12, 'x'));
      batch.mutable_labels()->set_soft(std::string(3 * sizeof(float), '\0'));
      batch.add_provenance();
      batch.set_token(absl::StrCat(next));
      if (!call->Write(batch)) return grpc::Status::CANCELLED;
    }
    return grpc::Status::OK;
  }
};

TEST_F(FacetStreamTest, AnExportIsOfOneReader) {
  ASSERT_EQ(Export({"--rank", "0", "--world-size", "2"}).exit_code, 0);
  EXPECT_EQ(Export({"--rank", "0", "--world-size", "2"}).exit_code, 0);
  const std::string sums = TempDir::Read(dir_ / "out/SHA256SUMS");
  const CommandResult other = Export({"--rank", "1", "--world-size", "2"});
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_THAT(other.err, AllOf(HasSubstr("what rank 0 of 2, from epoch 0 reads of this stream, not rank 1 of 2"),
                               HasSubstr("choose another folder")));
  EXPECT_EQ(TempDir::Read(dir_ / "out/SHA256SUMS"), sums);
}

TEST_F(FacetStreamTest, AnExportGoesOnWithItsDataSetAfterANewImport) {
  ASSERT_EQ(Export({"--batches", "1"}).exit_code, 0);
  newest_ = "3";
  const CommandResult more = Export();
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(TempDir::Read(dir_ / "out/export.json"),
              AllOf(HasSubstr("\"dataset_version\": \"datasets/faces@2\""), HasSubstr("\"images\": 2")));
  dir_.Write("r.yaml", "model: digits\nrecipe:\n  real: {dataset: faces@3, share: 0.5}\n");
  const CommandResult other = Export();
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_THAT(other.err, HasSubstr("another data set version (datasets/faces@2, not faces@3)"));
}

TEST_F(FacetStreamTest, EachMistakeThatTheServerFindsHasALine) {
  server_.augmentation.describe = [](const v1::DescribeStreamRequest&, v1::DescribeStreamResponse*) -> grpc::Status {
    google::rpc::Status details;
    google::rpc::ErrorInfo info;
    info.set_reason("OUT_OF_RANGE");
    details.add_details()->PackFrom(info);
    google::rpc::BadRequest bad;
    for (const char* field : {"spec.recipe.real.share", "spec.rank"}) {
      bad.add_field_violations()->set_field(field);
      bad.mutable_field_violations()->rbegin()->set_description("is too large");
    }
    details.add_details()->PackFrom(bad);
    return {grpc::StatusCode::INVALID_ARGUMENT, "2 mistakes: ...", details.SerializeAsString()};
  };
  const CommandResult file = Facet({"stream", "--spec", spec_, "--describe"});
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_EQ(file.err, absl::StrCat("facet: ", spec_, ":3: recipe.real.share: is too large\nspec.rank: is too large\n"));
  EXPECT_EQ(Facet({"stream", "--model", "digits", "--describe"}).err,
            "facet: spec.recipe.real.share: is too large\nspec.rank: is too large\n");
}

}  // namespace
}  // namespace facet
