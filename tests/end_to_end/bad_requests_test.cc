// SPDX-License-Identifier: Apache-2.0
// Requests that are wrong, over the wire: each gets the status that the API
// promises, with a reason and the path of the field, and the server goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"
#include "facet/client/error.h"
#include "facet/client/feature_vector.h"
#include "tests/end_to_end/tiny_service.h"

namespace facet {
namespace {

using absl::StatusCode;
using client::Client;
using client::ErrorDescription;
using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

class BadRequestsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    service_ = new TinyService;
    const CommandResult train = service_->Train("job", {"--publish", "tiny"});
    ASSERT_EQ(train.exit_code, 0) << train.err;
    client_ = service_->Connect().release();
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(*client_->CheckHealth(), client::Health::kServing);
    delete client_;
    EXPECT_EQ(service_->server().Stop().exit_code, 0);
    delete service_;
  }

  // A request that would be right.
  static v1::RenderRequest Right() {
    v1::RenderRequest request;
    request.set_model("tiny");
    *request.add_vectors() = *client::ParseFeatureVector({"digit=7", "colour=red", "rotation=0", "example=0"});
    return request;
  }
  static v1::StreamSpec RightStream() {
    v1::StreamSpec spec;
    spec.set_model("tiny");
    return spec;
  }
  static v1::CreateTrainingJobRequest RightJob() {
    v1::CreateTrainingJobRequest request;
    request.mutable_spec()->set_dataset("tiny");
    request.mutable_spec()->set_preset("digits");
    request.set_validate_only(true);
    return request;
  }

  static void Expect(const absl::Status& status, StatusCode code, const std::string& reason,
                     const std::string& field = "") {
    const ErrorDescription details = client::DescribeError(status);
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(details.reason, reason) << status;
    EXPECT_EQ(details.field, field) << status;
  }

  template <typename Change>
  static void ExpectBadRender(Change change, const std::string& reason, const std::string& field) {
    SCOPED_TRACE(reason);
    v1::RenderRequest request = Right();
    change(request);
    Expect(client_->Render(request).status(), StatusCode::kInvalidArgument, reason, field);
  }
  template <typename Change>
  static void ExpectBadStream(Change change, const std::string& reason, const std::string& field) {
    SCOPED_TRACE(reason);
    v1::StreamSpec spec = RightStream();
    change(spec);
    Expect(client_->DescribeStream(spec).status(), StatusCode::kInvalidArgument, reason, field);
  }
  template <typename Change>
  static void ExpectBadJob(Change change, const std::string& reason, const std::string& field) {
    SCOPED_TRACE(reason);
    v1::CreateTrainingJobRequest request = RightJob();
    change(request);
    Expect(client_->CreateTrainingJob(request).status(), StatusCode::kInvalidArgument, reason, field);
  }

  static TinyService* service_;
  static Client* client_;
};

TinyService* BadRequestsTest::service_ = nullptr;
Client* BadRequestsTest::client_ = nullptr;

TEST_F(BadRequestsTest, WhatTheyAreMadeFromIsRight) {
  EXPECT_TRUE(client_->Render(Right()).ok());
  EXPECT_TRUE(client_->DescribeStream(RightStream()).ok());
  EXPECT_TRUE(client_->CreateTrainingJob(RightJob()).ok());
}

TEST_F(BadRequestsTest, VectorsThatAreNone) {
  const auto feature = [](v1::RenderRequest& r, int i) { return r.mutable_vectors(0)->mutable_features(i); };
  const auto weight = [&](v1::RenderRequest& r) { return feature(r, 0)->mutable_weights(0); };
  ExpectBadRender([](auto& r) { r.clear_vectors(); }, "NO_VECTORS", "vectors");
  ExpectBadRender([](auto& r) { r.mutable_vectors(0)->Clear(); }, "MISSING_FEATURE", "vectors[0].features");
  ExpectBadRender([&](auto& r) { feature(r, 1)->set_feature("color"); }, "UNKNOWN_FEATURE",
                  "vectors[0].features[1].feature");
  ExpectBadRender([&](auto& r) { weight(r)->set_class_("sevn"); }, "UNKNOWN_CLASS",
                  "vectors[0].features[0].weights[0].class");
  ExpectBadRender([&](auto& r) { weight(r)->set_index(10); }, "UNKNOWN_CLASS",
                  "vectors[0].features[0].weights[0].index");
  ExpectBadRender([&](auto& r) { weight(r)->set_index(-1); }, "UNKNOWN_CLASS",
                  "vectors[0].features[0].weights[0].index");
  ExpectBadRender([&](auto& r) { weight(r)->clear_selector(); }, "MISSING_CLASS", "vectors[0].features[0].weights[0]");
  for (const float bad : {kNan, kInf, -kInf, -0.5f}) {
    ExpectBadRender([&](auto& r) { weight(r)->set_weight(bad); }, "BAD_WEIGHT",
                    "vectors[0].features[0].weights[0].weight");
  }
  ExpectBadRender([&](auto& r) { weight(r)->set_weight(0); }, "ZERO_WEIGHTS", "vectors[0].features[0].weights");
  ExpectBadRender([&](auto& r) { feature(r, 0)->clear_weights(); }, "MISSING_WEIGHTS",
                  "vectors[0].features[0].weights");
  ExpectBadRender([&](auto& r) { *feature(r, 0)->add_weights() = *weight(r); }, "DUPLICATE_CLASS",
                  "vectors[0].features[0].weights[1]");
  ExpectBadRender([&](auto& r) { *r.mutable_vectors(0)->add_features() = *feature(r, 0); }, "DUPLICATE_FEATURE",
                  "vectors[0].features[4].feature");
  ExpectBadRender([](auto& r) { r.mutable_vectors(0)->add_dense(1); }, "CONFLICTING_FIELDS", "vectors[0].dense");
  ExpectBadRender(
      [](auto& r) {
        r.mutable_vectors(0)->clear_features();
        r.mutable_vectors(0)->add_dense(1);
      },
      "BAD_LENGTH", "vectors[0].dense");
  // The second of several, so that the path says which.
  ExpectBadRender([](auto& r) { r.add_vectors(); }, "MISSING_FEATURE", "vectors[1].features");
  ExpectBadRender(
      [](auto& r) {
        for (int i = 0; i < 256; ++i) *r.add_vectors() = r.vectors(0);
      },
      "TOO_MANY_VECTORS", "vectors");
}

TEST_F(BadRequestsTest, UnknownNamesComeWithTheNearest) {
  v1::RenderRequest request = Right();
  request.mutable_vectors(0)->mutable_features(1)->set_feature("color");
  EXPECT_THAT(std::string(client_->Render(request).status().message()), HasSubstr("'colour'"));
  request = Right();
  request.mutable_vectors(0)->mutable_features(1)->mutable_weights(0)->set_class_("gren");
  EXPECT_THAT(std::string(client_->Render(request).status().message()), HasSubstr("'green'"));
}

TEST_F(BadRequestsTest, FormatsThatAreNone) {
  ExpectBadRender([](auto& r) { r.mutable_format()->set_pixel_type(v1::PIXEL_TYPE_FLOAT32); }, "BAD_FORMAT",
                  "format.pixel_type");
  ExpectBadRender([](auto& r) { r.mutable_format()->set_layout(v1::PIXEL_LAYOUT_NCHW); }, "BAD_FORMAT",
                  "format.layout");
  ExpectBadRender([](auto& r) { r.mutable_format()->set_jpeg_quality(101); }, "BAD_FORMAT", "format.jpeg_quality");
  ExpectBadRender([](auto& r) { r.mutable_format()->set_encoding(static_cast<v1::ImageEncoding>(77)); }, "BAD_FORMAT",
                  "format.encoding");
}

TEST_F(BadRequestsTest, ModelsThatAreNone) {
  ExpectBadRender([](auto& r) { r.set_model(""); }, "INVALID_NAME", "model");
  ExpectBadRender([](auto& r) { r.set_model("models/../etc"); }, "INVALID_NAME", "model");
  ExpectBadRender([](auto& r) { r.set_model("tiny@"); }, "INVALID_NAME", "model");
  for (const char* name : {"nothing", "tiny@2", "tiny@stable"}) {
    v1::RenderRequest request = Right();
    request.set_model(name);
    const absl::Status status = client_->Render(request).status();
    EXPECT_EQ(status.code(), StatusCode::kNotFound) << status;
    EXPECT_THAT(client::DescribeError(status).resource, HasSubstr(name));
  }
  EXPECT_EQ(client_->UnloadModel("nothing").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(client_->SetAlias("tiny@1", "UPPER").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(client_->SetAlias("tiny@7", "stable").status().code(), StatusCode::kNotFound);
}

TEST_F(BadRequestsTest, RecipesThatAreNone) {
  const auto pairs = [](v1::StreamSpec& s) {
    auto* feature = s.mutable_recipe()->add_features();
    feature->set_feature("colour");
    return feature->mutable_pairs();
  };
  ExpectBadStream([](auto& s) { s.set_batch_size(-1); }, "OUT_OF_RANGE", "spec.batch_size");
  ExpectBadStream([](auto& s) { s.set_batch_size(4097); }, "OUT_OF_RANGE", "spec.batch_size");
  ExpectBadStream([](auto& s) { s.mutable_recipe()->add_features()->set_feature("color"); }, "UNKNOWN_FEATURE",
                  "spec.recipe.features[0].feature");
  ExpectBadStream([&](auto& s) { pairs(s)->set_fixed(1.5f); }, "BAD_RATIO", "spec.recipe.features[0].pairs.fixed");
  ExpectBadStream([&](auto& s) { pairs(s)->set_beta(kNan); }, "BAD_RATIO", "spec.recipe.features[0].pairs.beta");
  ExpectBadStream([&](auto& s) { pairs(s)->mutable_range()->set_min(0.9f); }, "BAD_RATIO",
                  "spec.recipe.features[0].pairs.range");
  ExpectBadStream(
      [](auto& s) { s.mutable_recipe()->mutable_transforms()->add_square(static_cast<v1::SquareTransform>(99)); },
      "UNKNOWN_TRANSFORM", "spec.recipe.transforms.square[0]");
}

TEST_F(BadRequestsTest, TokensThatAreNone) {
  client::BatchReaderOptions options;
  options.spec = RightStream();
  options.patience = absl::ZeroDuration();
  for (const std::string& token : {std::string("nonsense"), std::string(300, '\0'), std::string("\xff\xff\xff")}) {
    options.resume_token = token;
    auto reader = client_->StreamBatches(options);
    ASSERT_TRUE(reader.ok()) << reader.status();
    Expect((*reader)->Next().status(), StatusCode::kInvalidArgument, "BAD_TOKEN", "start.resume_token");
  }
}

TEST_F(BadRequestsTest, TokensOfAnotherStreamSayWhatDiffers) {
  client::BatchReaderOptions options;
  options.spec = RightStream();
  options.spec.set_batch_size(4);
  auto reader = client_->StreamBatches(options);
  ASSERT_TRUE(reader.ok());
  const auto batch = (*reader)->Next();
  ASSERT_TRUE(batch.ok()) << batch.status();
  options.resume_token = (*batch)->token();
  options.spec.set_shuffle_seed(99);
  auto other = client_->StreamBatches(options);
  ASSERT_TRUE(other.ok());
  const absl::Status status = (*other)->Next().status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("seed"));
}

TEST_F(BadRequestsTest, JobsThatCannotBe) {
  ExpectBadJob([](auto& r) { r.mutable_spec()->clear_preset(); }, "PRESET_REQUIRED", "spec.preset");
  ExpectBadJob([](auto& r) { r.set_training_job_id("No Id"); }, "INVALID_ID", "training_job_id");
  ExpectBadJob([](auto& r) { r.set_request_id("no uuid"); }, "BAD_REQUEST_ID", "request_id");
  ExpectBadJob([](auto& r) { r.mutable_spec()->mutable_overrides()->set_learning_rate(kNan); }, "BAD_PRESET",
               "spec.overrides.learning_rate");
  ExpectBadJob([](auto& r) { r.mutable_spec()->mutable_overrides()->set_steps(-5); }, "BAD_PRESET",
               "spec.overrides.steps");
  ExpectBadJob(
      [](auto& r) {
        auto* rule = r.mutable_spec()->add_hold_out();
        rule->set_name("x");
        rule->add_per("shape");
        rule->add_missing("colour");
        rule->set_count(1);
      },
      "UNKNOWN_FEATURE", "spec.hold_out[0].per[0]");
  v1::CreateTrainingJobRequest request = RightJob();
  request.mutable_spec()->set_dataset("nothing");
  EXPECT_EQ(client_->CreateTrainingJob(request).status().code(), StatusCode::kNotFound);
  request = RightJob();
  request.mutable_spec()->set_preset("digts");
  const absl::Status status = client_->CreateTrainingJob(request).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("digits"));
}

TEST_F(BadRequestsTest, ASizeThatNoLayersReachNamesTheNearest) {
  v1::CreateTrainingJobRequest request = RightJob();
  ASSERT_TRUE(service_->Facet({"jobs", "list"}).exit_code == 0);
  v1::Preset& preset = *request.mutable_spec()->mutable_inline_preset();
  preset.set_name("impossible");
  auto& generator = *preset.mutable_generator();
  generator.set_feature_width(8);
  generator.add_joint_widths(8);
  generator.set_base_size(7);
  generator.set_base_channels(4);
  generator.add_layers()->set_out_channels(3);
  generator.set_image_size(100);
  generator.set_leaky_slope(0.1f);
  const absl::Status status = client_->CreateTrainingJob(request).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(client::DescribeError(status).field, HasSubstr("spec.inline_preset.generator")) << status;
}

TEST_F(BadRequestsTest, DatasetsThatAreNone) {
  const auto import = [](const std::function<void(v1::ImportSpec&)>& change) {
    v1::ImportSpec spec;
    spec.set_dataset("new");
    spec.set_format(v1::DATASET_FORMAT_IDX_DIGITS);
    spec.mutable_bundled()->set_name("digits");
    change(spec);
    return client_->ImportDataset(spec, "", nullptr).status();
  };
  Expect(import([](auto& s) { s.set_dataset("../up"); }), StatusCode::kInvalidArgument, "INVALID_ID", "spec.dataset");
  Expect(import([](auto& s) { s.mutable_bundled()->set_name("letters"); }), StatusCode::kInvalidArgument,
         "UNKNOWN_BUNDLED_DATA", "spec.bundled.name");
  Expect(import([](auto& s) { s.clear_source(); }), StatusCode::kInvalidArgument, "MISSING_SOURCE", "spec.source");
  Expect(import([](auto& s) { s.mutable_folder()->set_path("/etc"); }), StatusCode::kPermissionDenied,
         "OUTSIDE_IMPORT_ROOTS");
  v1::ReadDatasetImagesRequest read;
  read.set_name("tiny");
  EXPECT_EQ(client_->ReadDatasetImages(read).status().code(), StatusCode::kInvalidArgument);
  read.add_indices(240);
  EXPECT_EQ(client_->ReadDatasetImages(read).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(BadRequestsTest, FoldersThatAreNoDataSet) {
  const auto upload = [](const TempDir& folder) {
    v1::ImportSpec spec;
    spec.set_dataset("new");
    spec.set_format(v1::DATASET_FORMAT_CSV);
    spec.mutable_upload();
    return client_->ImportDataset(spec, folder.path(), nullptr).status();
  };
  TempDir missing;
  missing.Write("manifest.csv", "path,kind\ncat.png,cat\n");
  absl::Status status = upload(missing);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cat.png"));

  TempDir text;
  text.Write("manifest.csv", "path,kind\ncat.jpg,cat\n");
  text.Write("cat.jpg", "I am no picture");
  status = upload(text);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cat.jpg"));

  EXPECT_EQ(client_->GetDataset("new").status().code(), StatusCode::kNotFound);
}

// In a server of its own, whose log is read to its end.
TEST_F(BadRequestsTest, TextThatIsNotUtf8IsRefusedAndEachLineOfTheLogIsAnObject) {
  const TempDir dir;
  const std::string config =
      dir.Write("json.textproto", "without_bundled_models: true\nlog { format: \"json\" level: \"debug\" }\n");
  const auto server = ServerProcess::Start(dir / "state", {"--config", config});
  ASSERT_TRUE(server.ok()) << server.status();
  const auto client = Client::Create({.address = (*server)->address()});
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ((*client)->GetModel("\xff").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ((*server)->Stop().exit_code, 0);
  const std::string log = (*server)->Log();
  EXPECT_THAT(log, HasSubstr("GetModel"));
  for (const absl::string_view line : absl::StrSplit(log, '\n', absl::SkipEmpty())) {
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  }
}

TEST_F(BadRequestsTest, AMessageOverTheLimit) {
  v1::RenderRequest request = Right();
  request.mutable_vectors(0)->mutable_dense()->Resize(20 << 20, 1.0f);  // 80 MB
  const absl::Status status = client_->Render(request).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status;
}

}  // namespace
}  // namespace facet
