// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/dataset_pictures.h"

#include <numeric>

#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/client/fake_server.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(DatasetPicturesTest, AreAskedForAtMost256AtOnce) {
  client::FakeServer server;
  v1::ReadDatasetImagesRequest asked;
  server.datasets.read = [&](const v1::ReadDatasetImagesRequest& request, v1::ReadDatasetImagesResponse* response) {
    asked = request;
    auto& image = *response->add_images();
    image.add_classes("F01");
    *image.mutable_image() = client::RawImages(1, 2, "abcdef");
    return grpc::Status::OK;
  };
  const auto client = client::Client::Create({.address = server.address()});
  ASSERT_THAT(client, IsOk());
  std::vector<int64_t> indices(300);
  std::iota(indices.begin(), indices.end(), 7);
  const auto pictures = ReadDatasetPictures(**client, "datasets/faces@1", indices);
  ASSERT_THAT(pictures, IsOk());
  EXPECT_EQ(asked.name(), "datasets/faces@1");
  EXPECT_THAT(asked.indices(), SizeIs(256));
  EXPECT_EQ(asked.indices(255), 262);
  ASSERT_THAT(*pictures, SizeIs(1));
  EXPECT_THAT((*pictures)[0].classes, ElementsAre("F01"));
  EXPECT_EQ((*pictures)[0].picture.at<cv::Vec3b>(0, 1), cv::Vec3b('f', 'e', 'd')) << "blue first, as OpenCV has it";
}

}  // namespace
}  // namespace facet::cli
