// SPDX-License-Identifier: Apache-2.0
#include "server/core/classify/classify_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "model/image/codec.h"
#include "tests/server/rpc/fakes/fake_model_registry.h"

namespace facet::server {
namespace {

absl::Status Always() { return absl::OkStatus(); }

v1::ClassifyRequest RequestOf(int count) {
  const std::vector<uint8_t> pixels(8 * 8 * 3);
  v1::ClassifyRequest request;
  request.set_model("digits");
  for (int i = 0; i < count; ++i) {
    v1::ImageData& image = *request.add_images();
    image.set_encoding(v1::IMAGE_ENCODING_JPEG);
    image.set_data(model::EncodeJpeg({8, 8, 3}, pixels.data(), 90).value());
  }
  return request;
}

class ClassifyEngineTest : public testing::Test {
 protected:
  FakeModelRegistry models_;
  ClassifyEngine engine_{&models_};
};

TEST_F(ClassifyEngineTest, StopsWhenNoLongerWanted) {
  int asked = 0;
  const auto status =
      engine_.Classify(RequestOf(64), [&] { return ++asked > 20 ? absl::CancelledError("gone") : absl::OkStatus(); });
  EXPECT_TRUE(absl::IsCancelled(status.status()));
  EXPECT_EQ(models_.images_classified(), 16);
}

TEST_F(ClassifyEngineTest, DeadlineIsObeyedWhileAnotherIsAtWork) {
  models_.HoldClassifiers(true);
  std::thread other([&] { EXPECT_TRUE(engine_.Classify(RequestOf(1), Always).ok()); });
  models_.AwaitHeld();
  int asked = 0;
  const auto late = engine_.Classify(
      RequestOf(1), [&] { return ++asked > 5 ? absl::DeadlineExceededError("late") : absl::OkStatus(); });
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.status()));
  EXPECT_EQ(models_.images_classified(), 0);
  models_.HoldClassifiers(false);
  other.join();
  EXPECT_EQ(models_.images_classified(), 1);
}

TEST_F(ClassifyEngineTest, UnknownModelIsNotFound) {
  v1::ClassifyRequest request = RequestOf(1);
  request.set_model("faces");
  EXPECT_TRUE(absl::IsNotFound(engine_.Classify(request, Always).status()));
}

}  // namespace
}  // namespace facet::server
