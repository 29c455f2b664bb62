// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/image_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <new>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "model/image/codec.h"
#include "tests/server/rpc/fakes/fake_model_registry.h"
#include "tests/server/rpc/fakes/fake_render_engine.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;

class ImageJobTest : public ::testing::Test {
 protected:
  ImageRequest MakeRequest(v1::ImageEncoding encoding, std::vector<float> first_weights) {
    ImageRequest request;
    request.model = models_.model();
    request.format.encoding = encoding;
    request.count = static_cast<int>(first_weights.size());
    for (float weight : first_weights) {
      request.dense.insert(request.dense.end(), {weight, 0, 0, 0, 0});
    }
    return request;
  }

  // Starts a job, does `meanwhile` and waits for its end.
  absl::Status Run(
      const std::shared_ptr<ImageJob>& job, const std::function<void()>& meanwhile = [] {}) {
    absl::Notification ended;
    absl::Status result;
    absl::Status started = job->Start([&](absl::Status status) {
      result = std::move(status);
      ended.Notify();
    });
    if (!started.ok()) return started;
    meanwhile();
    ended.WaitForNotification();
    return result;
  }

  std::shared_ptr<ImageJob> Create(ImageRequest request) {
    return ImageJob::Create({&engine_, &codecs_, 2}, std::move(request));
  }

  FakeModelRegistry models_{{8, 6, 3}};
  FakeRenderEngine engine_;
  WorkerPool codecs_{"codec", 2, 100};
};

TEST_F(ImageJobTest, RawImagesShareOneBuffer) {
  auto job = Create(MakeRequest(v1::IMAGE_ENCODING_RAW, {0, 1}));
  ASSERT_TRUE(Run(job).ok());
  ASSERT_EQ(job->images().size(), 1);
  const v1::ImageData& image = job->images()[0];
  EXPECT_THAT(image.shape(), ElementsAre(2, 8, 6, 3));
  EXPECT_EQ(image.data(), std::string(144, '\0') + std::string(144, '\xff'));
}

TEST_F(ImageJobTest, PngsComeOneEachInOrder) {
  std::vector<float> weights;
  for (int i = 0; i < 9; ++i) weights.push_back(i / 8.0f);
  auto job = Create(MakeRequest(v1::IMAGE_ENCODING_PNG, weights));
  ASSERT_TRUE(Run(job).ok());
  ASSERT_EQ(job->images().size(), 9);
  for (int i = 0; i < 9; ++i) {
    EXPECT_THAT(job->images()[i].shape(), ElementsAre(1, 8, 6, 3));
    auto decoded = model::DecodeImage(job->images()[i].data());
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->pixels.at(0), static_cast<int>(255 * weights[i]));
  }
}

TEST_F(ImageJobTest, JpegQualityCounts) {
  ImageRequest good = MakeRequest(v1::IMAGE_ENCODING_JPEG, {0.3f});
  good.format.jpeg_quality = 100;
  ImageRequest small = MakeRequest(v1::IMAGE_ENCODING_JPEG, {0.3f});
  small.format.jpeg_quality = 1;
  auto good_job = Create(std::move(good));
  auto small_job = Create(std::move(small));
  ASSERT_TRUE(Run(good_job).ok());
  ASSERT_TRUE(Run(small_job).ok());
  EXPECT_TRUE(model::DecodeImage(good_job->images()[0].data()).ok());
  EXPECT_NE(good_job->images()[0].data(), small_job->images()[0].data());
}

TEST_F(ImageJobTest, RefusalOfTheEngineIsReturned) {
  engine_.RefuseNext({absl::ResourceExhaustedError("full")});
  auto job = Create(MakeRequest(v1::IMAGE_ENCODING_RAW, {0}));
  bool called = false;
  EXPECT_EQ(job->Start([&](const absl::Status&) { called = true; }).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(called);
  EXPECT_EQ(job.use_count(), 1);
}

TEST_F(ImageJobTest, ErrorOfTheRendererIsTold) {
  engine_.Hold();
  auto job = Create(MakeRequest(v1::IMAGE_ENCODING_PNG, {0}));
  const auto fail = [&] { engine_.FailAll(absl::InternalError("the device failed")); };
  EXPECT_EQ(Run(job, fail).code(), absl::StatusCode::kInternal);
}

TEST_F(ImageJobTest, CancelReachesTheEngine) {
  engine_.Hold();
  auto job = Create(MakeRequest(v1::IMAGE_ENCODING_RAW, {0}));
  EXPECT_EQ(Run(job, [&] { job->Cancel(); }).code(), absl::StatusCode::kCancelled);
}

TEST_F(ImageJobTest, CancelBeforeStartCounts) {
  engine_.Hold();
  auto job = Create(MakeRequest(v1::IMAGE_ENCODING_RAW, {0}));
  job->Cancel();
  EXPECT_EQ(Run(job).code(), absl::StatusCode::kCancelled);
}

TEST_F(ImageJobTest, FullCodecQueueIsResourceExhausted) {
  WorkerPool stuck("stuck", 1, 1);
  absl::Notification go;
  absl::Notification blocked;
  ASSERT_TRUE(stuck
                  .Schedule([&] {
                    blocked.Notify();
                    go.WaitForNotification();
                  })
                  .ok());
  blocked.WaitForNotification();
  ASSERT_TRUE(stuck.Schedule([] {}).ok());
  auto job = ImageJob::Create({&engine_, &stuck, 1}, MakeRequest(v1::IMAGE_ENCODING_PNG, {0}));
  EXPECT_EQ(Run(job).code(), absl::StatusCode::kResourceExhausted);
  go.Notify();
}

TEST_F(ImageJobTest, NothingIsKeptAliveWhereThereIsNoMemoryForTheImages) {
  // Where the buffer is made, its size is asked for.
  class HugeRenderer final : public model::Renderer {
   public:
    absl::Status Render(absl::Span<const float>, int, const model::PixelFormat&, void*) override { return {}; }
    const model::ImageShape& shape() const override { throw std::bad_alloc(); }
    int total_classes() const override { return 5; }
    const std::string& device() const override { return device_; }
    int64_t memory_bytes() const override { return 1; }

   private:
    const std::string device_ = "cpu";
  };
  ImageRequest request = MakeRequest(v1::IMAGE_ENCODING_PNG, {0});
  request.model = std::make_shared<LoadedModel>();
  request.model->schema = models_.model()->schema;
  request.model->renderer = std::make_unique<HugeRenderer>();
  auto job = Create(std::move(request));
  const std::weak_ptr<ImageJob> weak = job;
  // As a call does, which the job holds by `done`.
  EXPECT_THROW(job->Start([job](const absl::Status&) {}).IgnoreError(), std::bad_alloc);
  job.reset();
  EXPECT_TRUE(weak.expired());
}

TEST_F(ImageJobTest, NothingIsKeptAliveAfterTheEnd) {
  std::weak_ptr<ImageJob> weak;
  {
    FakeRenderEngine engine;
    WorkerPool codecs("codec", 2, 100);
    auto job = ImageJob::Create({&engine, &codecs, 2}, MakeRequest(v1::IMAGE_ENCODING_PNG, {0, 1}));
    weak = job;
    ASSERT_TRUE(Run(job).ok());
  }
  EXPECT_TRUE(weak.expired());
}

}  // namespace
}  // namespace facet::server
