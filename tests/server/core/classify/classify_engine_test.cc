// SPDX-License-Identifier: Apache-2.0
#include "server/core/classify/classify_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/thread.h"
#include "model/data/decode_room.h"
#include "model/image/codec.h"
#include "tests/base/status_is.h"
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

TEST_F(ClassifyEngineTest, TheBytesSayWhichFormatItIs) {
  v1::ClassifyRequest request = RequestOf(2);
  request.mutable_images(1)->set_encoding(v1::IMAGE_ENCODING_PNG);
  EXPECT_TRUE(engine_.Classify(request, Always).ok()) << "a JPEG under another name";
  // A decoder there is, but not for strangers.
  request.mutable_images(1)->set_data("P6 8 8 255\n" + std::string(192, 'x'));
  EXPECT_THAT(engine_.Classify(request, Always).status(), IsBadField("images[1].data", "BAD_IMAGE"));
}

TEST_F(ClassifyEngineTest, AnEncodingMayBeLeftOut) {
  v1::ClassifyRequest request = RequestOf(2);
  request.mutable_images(0)->clear_encoding();
  EXPECT_TRUE(engine_.Classify(request, Always).ok());
  for (const int encoding : {int{v1::IMAGE_ENCODING_RAW}, 77}) {
    request.mutable_images(1)->set_encoding(static_cast<v1::ImageEncoding>(encoding));
    EXPECT_THAT(engine_.Classify(request, Always).status(), IsBadField("images[1].encoding", "UNKNOWN_ENCODING"));
  }
}

// The beginning of a PNG of so many pixels, and nothing behind it.
std::string PngOf(int width, int height) {
  std::string png = "\x89PNG\r\n\x1A\n";
  png += std::string("\0\0\0\x0DIHDR", 8);
  for (const int side : {width, height}) {
    for (int shift = 24; shift >= 0; shift -= 8) png += static_cast<char>(side >> shift);
  }
  return png + std::string("\x08\x02\0\0\0", 5);
}

TEST_F(ClassifyEngineTest, DecodesInTheMemoryThatAllShare) {
  auto most = model::TakeRoomToDecode(PngOf(8000, 8000));
  v1::ClassifyRequest request = RequestOf(1);
  request.mutable_images(0)->set_encoding(v1::IMAGE_ENCODING_PNG);
  request.mutable_images(0)->set_data(PngOf(8000, 7900));
  absl::Notification done;
  Thread caller("caller", [&] {
    EXPECT_THAT(engine_.Classify(request, Always).status(), IsBadField("images[0].data", "BAD_IMAGE"));
    done.Notify();
  });
  EXPECT_FALSE(done.WaitForNotificationWithTimeout(absl::Milliseconds(100)));
  most.ReduceTo(0);
  caller.Join();
}

}  // namespace
}  // namespace facet::server
