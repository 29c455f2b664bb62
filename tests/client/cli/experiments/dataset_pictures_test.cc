// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/dataset_pictures.h"

#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/client/fake_server.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(DatasetPicturesTest, AreAskedForAFewAtATimeAndAtMost256) {
  client::FakeServer server;
  std::vector<int64_t> asked;
  server.datasets.read = [&](const v1::ReadDatasetImagesRequest& request, v1::ReadDatasetImagesResponse* response) {
    EXPECT_EQ(request.name(), "datasets/faces@1");
    EXPECT_LE(request.indices_size(), 16);
    asked.insert(asked.end(), request.indices().begin(), request.indices().end());
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
  EXPECT_EQ(asked, std::vector<int64_t>(indices.begin(), indices.begin() + 256));
  ASSERT_THAT(*pictures, SizeIs(16)) << "one of each answer";
  EXPECT_THAT((*pictures)[0].classes, ElementsAre("F01"));
  EXPECT_EQ((*pictures)[0].picture.at<cv::Vec3b>(0, 1), cv::Vec3b('f', 'e', 'd')) << "blue first, as OpenCV has it";
}

}  // namespace
}  // namespace facet::cli
