// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/mix_sheet.h"

#include <memory>

#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/client/cli/pixels.h"
#include "tests/client/fake_server.h"

namespace facet::cli {
namespace {

cv::Mat Grey(uint8_t level) { return Plain(128, 128, cv::Vec3b::all(level)); }

TEST(LayOutMixesTest, MixesStandBetweenParentsAndBlends) {
  const cv::Mat sheet =
      LayOutMixes("title", {"F01", "F02", "F03"}, {Grey(100), Grey(50), Grey(150)}, {Grey(11), Grey(12)});
  // Captions are black; the paper is white.
  for (const int level : {100, 50, 150, 11, 12, 75, 125}) {
    EXPECT_GE(Count(sheet, cv::Vec3b::all(static_cast<uint8_t>(level))), 128 * 128) << level;
  }
}

// What the server is asked for.
TEST(DrawMixesTest, RendersParentsAndMixesInOneExpression) {
  client::FakeServer server;
  server.models.get = [](const v1::GetModelRequest&, v1::ModelVersion* version) {
    version->set_name("models/faces@1");
    for (const char* name : {"identity", "expression", "transform"}) {
      v1::Feature& feature = *version->mutable_card()->mutable_schema()->add_features();
      feature.set_name(name);
      for (const char* letter : {"-a", "-b"}) feature.add_classes(std::string(name) + letter);
    }
    return grpc::Status::OK;
  };
  v1::RenderStreamRequest asked;
  server.generation.render_stream = [&](const v1::RenderStreamRequest& request,
                                        grpc::ServerWriter<v1::RenderStreamResponse>* writer) {
    asked = request;
    return client::RenderSmallImages(request, writer);
  };
  const auto client = client::Client::Create({.address = server.address()}).value();
  const auto session = RenderSession::Open(*client, "faces");
  ASSERT_THAT(session, IsOk());
  ASSERT_THAT(DrawMixes(*session, {"identity-a", {"identity-b"}, "expression-b"}), IsOk());
  ASSERT_EQ(asked.vectors_size(), 3);
  const v1::FeatureVector& mix = asked.vectors(2);
  ASSERT_EQ(mix.features_size(), 3);
  ASSERT_EQ(mix.features(0).weights_size(), 2);
  EXPECT_EQ(mix.features(0).weights(0).class_(), "identity-a");
  EXPECT_EQ(mix.features(0).weights(1).class_(), "identity-b");
  EXPECT_EQ(mix.features(0).weights(0).weight(), 0.5F);
  EXPECT_EQ(mix.features(0).weights(1).weight(), 0.5F);
  EXPECT_EQ(mix.features(1).weights(0).class_(), "expression-b");
  EXPECT_EQ(mix.features(2).weights(0).class_(), "transform-a");
}

}  // namespace
}  // namespace facet::cli
