// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/chunked_render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "server/core/batching/batch_errors.h"
#include "tests/server/core/models/fake_renderer.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;

// Takes tasks and does nothing with them until a test says so. Not thread-safe:
// everything happens on the test's thread.
class PuppetEngine final : public RenderEngine {
 public:
  absl::StatusOr<int64_t> Submit(RenderTask task) override {
    ++tries;
    if (!refusal.ok()) return refusal;
    tasks.push_back(std::move(task));
    return static_cast<int64_t>(tasks.size());
  }
  void Cancel(int64_t id) override { cancelled.push_back(id); }
  void Drain(absl::Time) override {}
  void Finish(size_t task, const absl::Status& status = absl::OkStatus()) {
    auto done = std::move(tasks[task].done);
    std::move(done)(status);
  }
  std::vector<int> counts() const {
    std::vector<int> counts;
    for (const RenderTask& task : tasks) counts.push_back(task.count);
    return counts;
  }

  absl::Status refusal;
  int tries = 0;
  std::vector<RenderTask> tasks;
  std::vector<int64_t> cancelled;
};

class ChunkedRenderTest : public ::testing::Test {
 protected:
  std::shared_ptr<ChunkedRender> Make(int count) {
    ChunkedRender::Options options;
    options.model = MakeFakeModel();
    options.dense.resize(size_t{6} * count);
    options.count = count;
    pixels_.resize(size_t{48} * count);
    options.pixels = pixels_.data();
    options.chunk_images = 8;
    options.engine = &engine_;
    options.delayed = &delayed_;
    options.on_submitted = [this] { ++submitted_; };
    options.done = [this](absl::Status status) {
      status_ = std::move(status);
      done_.Notify();
    };
    return std::make_shared<ChunkedRender>(std::move(options));
  }

  DelayedCalls delayed_{Clock::Real()};
  PuppetEngine engine_;
  std::vector<char> pixels_;
  int submitted_ = 0;
  absl::Status status_ = absl::UnknownError("not done");
  absl::Notification done_;
};

TEST_F(ChunkedRenderTest, HasTwoChunksInTheEngineAtOnce) {
  Make(20)->Start();
  EXPECT_THAT(engine_.counts(), ElementsAre(8, 8));
  EXPECT_EQ(submitted_, 0);
  engine_.Finish(0);
  EXPECT_THAT(engine_.counts(), ElementsAre(8, 8, 4));
  EXPECT_EQ(submitted_, 1);
  EXPECT_EQ(engine_.tasks[2].pixels, pixels_.data() + 16 * 48);
  engine_.Finish(2);
  EXPECT_FALSE(done_.HasBeenNotified());
  engine_.Finish(1);
  EXPECT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(submitted_, 1);
}

TEST_F(ChunkedRenderTest, EndsWithTheFirstErrorOnceNothingRuns) {
  Make(30)->Start();
  engine_.Finish(0, absl::InternalError("broken"));
  EXPECT_FALSE(done_.HasBeenNotified());
  engine_.Finish(1);
  EXPECT_EQ(status_.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(engine_.tasks.size(), 2u);
}

TEST_F(ChunkedRenderTest, CancelReachesTheEngineAndNothingMoreIsSubmitted) {
  const auto render = Make(30);
  render->Start();
  render->Cancel();
  EXPECT_THAT(engine_.cancelled, ElementsAre(1, 2));
  engine_.Finish(0, absl::CancelledError(""));
  engine_.Finish(1);
  EXPECT_TRUE(absl::IsCancelled(status_));
  EXPECT_EQ(engine_.tasks.size(), 2u);
}

TEST_F(ChunkedRenderTest, CancelledBeforeItsStartItRendersNothing) {
  const auto render = Make(30);
  render->Cancel();
  render->Start();
  EXPECT_TRUE(absl::IsCancelled(status_));
  EXPECT_EQ(engine_.tries, 0);
}

TEST_F(ChunkedRenderTest, AChunkThatEndsMakesRoomForTheOneThatWasRefused) {
  const auto render = Make(24);
  render->Start();
  engine_.refusal = QueueFullError(60, 64, absl::ZeroDuration());
  engine_.Finish(0);
  EXPECT_EQ(engine_.tries, 3);
  engine_.refusal = absl::OkStatus();
  engine_.Finish(1);
  ASSERT_THAT(engine_.counts(), ElementsAre(8, 8, 8));
  engine_.Finish(2);
  EXPECT_TRUE(status_.ok());
}

TEST_F(ChunkedRenderTest, AChunkThatNoQueueCouldTakeIsAnError) {
  engine_.refusal = TaskTooLargeError(8, 4);
  Make(24)->Start();
  ASSERT_TRUE(done_.HasBeenNotified());
  EXPECT_EQ(GetErrorDetail(status_).reason, "TASK_TOO_LARGE");
  EXPECT_EQ(engine_.tries, 1);
}

// Refuses the first three tries; renders at once afterwards.
class BusyEngine final : public RenderEngine {
 public:
  absl::StatusOr<int64_t> Submit(RenderTask task) override {
    if (++tries_ <= 3) return QueueFullError(60, 64, absl::ZeroDuration());
    task.done(absl::OkStatus());
    return 1;
  }
  void Cancel(int64_t) override {}
  void Drain(absl::Time) override {}

 private:
  int tries_ = 0;  // one try at a time
};

TEST(ChunkedRenderWaitTest, AFullQueueIsWaitedOut) {
  DelayedCalls delayed(Clock::Real());
  BusyEngine engine;
  absl::Notification done;
  ChunkedRender::Options options;
  options.model = MakeFakeModel();
  options.dense.resize(6);
  options.count = 1;
  char pixels[48];
  options.pixels = pixels;
  options.engine = &engine;
  options.delayed = &delayed;
  options.done = [&](const absl::Status& status) {
    EXPECT_TRUE(status.ok());
    done.Notify();
  };
  std::make_shared<ChunkedRender>(std::move(options))->Start();
  done.WaitForNotification();
}

}  // namespace
}  // namespace facet::server
