// SPDX-License-Identifier: Apache-2.0
#include "server/core/render/render_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "base/thread.h"
#include "tests/server/core/models/fake_renderer.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kSide = 4;
constexpr int kClasses = 6;
constexpr size_t kSamples = kSide * kSide * 3;
constexpr model::PixelFormat kUint8{model::PixelType::kUint8, model::PixelLayout::kNhwc};
constexpr model::PixelFormat kFloat32{model::PixelType::kFloat32, model::PixelLayout::kNchw};

// A task with a buffer of its own that remembers how it ended.
struct Call {
  std::vector<float> dense;
  std::vector<char> pixels;
  model::PixelFormat format;
  absl::Notification done;
  absl::Status status;

  absl::StatusCode Await() {
    done.WaitForNotification();
    return status.code();
  }
  // Whether every image is the one that its feature vector asks for.
  bool PixelsAreRight() const {
    for (size_t i = 0; i * kClasses < dense.size(); ++i) {
      const auto wanted = FakeImage(absl::MakeConstSpan(dense).subspan(i * kClasses, kClasses), {kSide, kSide, 3});
      for (size_t s = 0; s < kSamples; ++s) {
        const char* found = pixels.data() + (i * kSamples + s) * format.bytes_per_sample();
        if (format == kUint8) {
          if (static_cast<uint8_t>(*found) != wanted[s]) return false;
        } else {
          float value = 0;
          std::memcpy(&value, found, sizeof(value));
          if (value != static_cast<float>(wanted[s]) / 255) return false;
        }
      }
    }
    return true;
  }
};

std::shared_ptr<Call> MakeCall(int count, uint64_t seed, model::PixelFormat format = kUint8) {
  auto call = std::make_shared<Call>();
  CounterRandom random(seed, "weights", 0);
  for (int i = 0; i < count * kClasses; ++i) call->dense.push_back(static_cast<float>(random.NextDouble()));
  call->pixels.resize(count * kSamples * format.bytes_per_sample());
  call->format = format;
  return call;
}

RenderTask MakeTask(const ModelHandle& model, const std::shared_ptr<Call>& call) {
  RenderTask task;
  task.model = model;
  task.dense = call->dense;
  task.count = static_cast<int>(call->dense.size()) / kClasses;
  task.format = call->format;
  task.pixels = call->pixels.data();
  task.done = [call](absl::Status status) {
    call->status = std::move(status);
    call->done.Notify();
  };
  return task;
}

class RenderEngineTest : public ::testing::Test {
 protected:
  RenderEngineTest() {
    RenderEngineOptions options;
    options.max_batch = 8;
    options.max_queue = 64;
    options.clock = &clock_;
    options.metrics = metrics_.get();
    options.device_faults = &device_faults_;
    engine_ = RenderEngine::Create(std::move(options)).value();
  }

  // A model whose first batch waits for `gate_`, and that writes batch sizes
  // down.
  ModelHandle MakeGatedModel(const std::string& name = "models/gated@1") {
    return MakeFakeModel(name, kSide, [this, name](int count) {
      if (!reached_.HasBeenNotified()) {
        reached_.Notify();
        gate_.WaitForNotification();
      }
      batches_.push_back(absl::StrCat(name, " ", count));
      return absl::OkStatus();
    });
  }

  FakeClock clock_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Create();
  absl::Notification reached_;
  absl::Notification gate_;
  std::vector<std::string> batches_;  // by the engine's thread; read after the tasks are done
  std::atomic<int> faults_{0};
  DeviceFaults device_faults_{metrics_.get(), [this](const absl::Status&) { ++faults_; }};
  std::unique_ptr<RenderEngine> engine_;
};

TEST_F(RenderEngineTest, RendersIntoTheBufferOfTheCaller) {
  const ModelHandle model = MakeFakeModel();
  for (const model::PixelFormat& format : {kUint8, kFloat32}) {
    auto call = MakeCall(3, 1, format);
    ASSERT_TRUE(engine_->Submit(MakeTask(model, call)).ok());
    EXPECT_EQ(call->Await(), absl::StatusCode::kOk);
    EXPECT_TRUE(call->PixelsAreRight());
  }
}

TEST_F(RenderEngineTest, TasksShareABatchAndEachGetsItsOwnImages) {
  const ModelHandle model = MakeGatedModel();
  std::vector<std::shared_ptr<Call>> calls = {MakeCall(1, 1), MakeCall(2, 2), MakeCall(3, 3), MakeCall(20, 4)};
  ASSERT_TRUE(engine_->Submit(MakeTask(model, calls[0])).ok());
  reached_.WaitForNotification();
  for (size_t i = 1; i < calls.size(); ++i) ASSERT_TRUE(engine_->Submit(MakeTask(model, calls[i])).ok());
  gate_.Notify();
  for (const auto& call : calls) {
    EXPECT_EQ(call->Await(), absl::StatusCode::kOk);
    EXPECT_TRUE(call->PixelsAreRight());
  }
  EXPECT_THAT(batches_, ElementsAre("models/gated@1 1", "models/gated@1 8", "models/gated@1 8", "models/gated@1 8",
                                    "models/gated@1 1"));
}

TEST_F(RenderEngineTest, OtherFormatsAndModelsAreBatchesOfTheirOwn) {
  const ModelHandle model = MakeGatedModel();
  const ModelHandle other = MakeGatedModel("models/other@1");
  std::vector<std::shared_ptr<Call>> calls = {MakeCall(1, 1), MakeCall(1, 2), MakeCall(1, 3, kFloat32), MakeCall(1, 4),
                                              MakeCall(1, 5, kFloat32)};
  ASSERT_TRUE(engine_->Submit(MakeTask(model, calls[0])).ok());
  reached_.WaitForNotification();
  ASSERT_TRUE(engine_->Submit(MakeTask(other, calls[1])).ok());
  ASSERT_TRUE(engine_->Submit(MakeTask(model, calls[2])).ok());
  ASSERT_TRUE(engine_->Submit(MakeTask(model, calls[3])).ok());
  ASSERT_TRUE(engine_->Submit(MakeTask(model, calls[4])).ok());
  gate_.Notify();
  for (const auto& call : calls) {
    EXPECT_EQ(call->Await(), absl::StatusCode::kOk);
    EXPECT_TRUE(call->PixelsAreRight());
  }
  EXPECT_THAT(batches_, ElementsAre("models/gated@1 1", "models/other@1 1", "models/gated@1 2", "models/gated@1 1"));
}

TEST_F(RenderEngineTest, ATaskKeepsItsModelAliveUntilItIsDone) {
  ModelHandle model = MakeGatedModel();
  const std::weak_ptr<LoadedModel> watch = model;
  auto call = MakeCall(1, 1);
  ASSERT_TRUE(engine_->Submit(MakeTask(std::move(model), call)).ok());
  model.reset();
  reached_.WaitForNotification();
  EXPECT_FALSE(watch.expired());
  gate_.Notify();
  EXPECT_EQ(call->Await(), absl::StatusCode::kOk);
  engine_->Drain(absl::InfiniteFuture());
  EXPECT_TRUE(watch.expired());
}

TEST_F(RenderEngineTest, BadTasksAreRefused) {
  const ModelHandle model = MakeFakeModel();
  const auto submit = [&](auto change) {
    auto call = MakeCall(2, 1);
    RenderTask task = MakeTask(model, call);
    change(task);
    return engine_->Submit(std::move(task)).status().code();
  };
  const auto bad = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(submit([](RenderTask& task) { task.model = nullptr; }), bad);
  EXPECT_EQ(submit([](RenderTask& task) { task.pixels = nullptr; }), bad);
  EXPECT_EQ(submit([](RenderTask& task) { task.done = nullptr; }), bad);
  EXPECT_EQ(submit([](RenderTask& task) { task.count = 0; }), bad);
  EXPECT_EQ(submit([](RenderTask& task) { task.count = -1; }), bad);
  EXPECT_EQ(submit([](RenderTask& task) { task.dense.pop_back(); }), bad);
  EXPECT_EQ(submit([](RenderTask& task) { task.count = 3; }), bad);
}

TEST_F(RenderEngineTest, AFullQueueRefusesAndSaysWhenToRetry) {
  const ModelHandle model = MakeGatedModel();
  auto running = MakeCall(1, 1);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, running)).ok());
  reached_.WaitForNotification();
  auto waiting = MakeCall(64, 2);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, waiting)).ok());
  EXPECT_THAT(metrics_->Text(), HasSubstr("\nfacet_render_queue_images 64\n"));
  const absl::Status status = engine_->Submit(MakeTask(model, MakeCall(1, 3))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status).reason, "QUEUE_FULL");
  EXPECT_TRUE(GetErrorDetail(status).retry_after.has_value());
  RenderTask bulk = MakeTask(model, MakeCall(64, 4));
  bulk.priority = RenderPriority::kBulk;
  EXPECT_TRUE(engine_->Submit(std::move(bulk)).ok()) << "bulk has room of its own";
  gate_.Notify();
}

TEST_F(RenderEngineTest, InteractiveGoesBeforeBulk) {
  const ModelHandle model = MakeGatedModel();
  auto running = MakeCall(1, 1);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, running)).ok());
  reached_.WaitForNotification();
  auto bulk_call = MakeCall(5, 2);
  RenderTask bulk = MakeTask(model, bulk_call);
  bulk.priority = RenderPriority::kBulk;
  ASSERT_TRUE(engine_->Submit(std::move(bulk)).ok());
  auto interactive = MakeCall(3, 3);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, interactive)).ok());
  gate_.Notify();
  EXPECT_EQ(bulk_call->Await(), absl::StatusCode::kOk);
  EXPECT_THAT(batches_, ElementsAre("models/gated@1 1", "models/gated@1 3", "models/gated@1 5"));
}

TEST_F(RenderEngineTest, DeadlinesAndCancellationTakeEffectWhileTheEngineIsBusy) {
  const ModelHandle model = MakeGatedModel();
  auto running = MakeCall(1, 1);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, running)).ok());
  reached_.WaitForNotification();
  auto late = MakeCall(1, 2);
  RenderTask task = MakeTask(model, late);
  task.deadline = clock_.Now() + absl::Milliseconds(5);
  ASSERT_TRUE(engine_->Submit(std::move(task)).ok());
  auto unwanted = MakeCall(1, 3);
  auto id = engine_->Submit(MakeTask(model, unwanted));
  ASSERT_TRUE(id.ok());
  engine_->Cancel(*id);
  EXPECT_EQ(unwanted->Await(), absl::StatusCode::kCancelled);
  clock_.Advance(absl::Milliseconds(5));
  EXPECT_EQ(late->Await(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(running->done.HasBeenNotified());
  gate_.Notify();
}

TEST_F(RenderEngineTest, AnErrorOfTheRendererFailsTheTasksOfItsBatch) {
  int batch = 0;
  const ModelHandle model = MakeFakeModel("models/flaky@1", kSide, [&batch](int) {
    return ++batch == 1 ? absl::ResourceExhaustedError("no memory") : absl::OkStatus();
  });
  auto failing = MakeCall(1, 1);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, failing)).ok());
  EXPECT_EQ(failing->Await(), absl::StatusCode::kResourceExhausted);
  auto next = MakeCall(1, 2);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, next)).ok());
  EXPECT_EQ(next->Await(), absl::StatusCode::kOk);
  EXPECT_EQ(faults_, 0);
}

TEST_F(RenderEngineTest, ADeviceFaultIsReportedOnce) {
  const ModelHandle model = MakeFakeModel("models/burnt@1", kSide, [](int) {
    return WithReason(absl::InternalError("the device is gone"), "DEVICE_FAULT");
  });
  for (int i = 0; i < 3; ++i) {
    auto call = MakeCall(1, i);
    ASSERT_TRUE(engine_->Submit(MakeTask(model, call)).ok());
    EXPECT_EQ(call->Await(), absl::StatusCode::kInternal);
  }
  EXPECT_EQ(faults_, 1);
  EXPECT_THAT(metrics_->Text(), HasSubstr("\nfacet_device_faults_total 1\n"));
}

TEST_F(RenderEngineTest, CountsWhatItDoes) {
  const ModelHandle model = MakeFakeModel();
  auto call = MakeCall(20, 1);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, call)).ok());
  EXPECT_EQ(call->Await(), absl::StatusCode::kOk);
  const std::string text = metrics_->Text();
  EXPECT_THAT(text, HasSubstr("\nfacet_render_images_total 20\n"));
  EXPECT_THAT(text, HasSubstr("\nfacet_render_batch_size_count 3\n"));
  EXPECT_THAT(text, HasSubstr("\nfacet_render_queue_wait_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("\nfacet_render_queue_images 0\n"));
}

TEST_F(RenderEngineTest, DrainCompletesWhatWasTaken) {
  const ModelHandle model = MakeFakeModel();
  auto call = MakeCall(30, 1);
  ASSERT_TRUE(engine_->Submit(MakeTask(model, call)).ok());
  engine_->Drain(absl::InfiniteFuture());
  EXPECT_TRUE(call->done.HasBeenNotified());
  EXPECT_TRUE(call->PixelsAreRight());
  EXPECT_EQ(engine_->Submit(MakeTask(model, MakeCall(1, 1))).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RenderEngineTest, ManyCallersGetTheirOwnImages) {
  const std::vector<ModelHandle> models = {MakeFakeModel("models/a@1"), MakeFakeModel("models/b@1")};
  std::atomic<int> wrong{0};
  {
    std::vector<Thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back("caller", [&, t] {
        for (int i = 0; i < 50; ++i) {
          auto call = MakeCall(1 + (i * 7 + t) % 16, 100 * t + i, i % 3 == 0 ? kFloat32 : kUint8);
          RenderTask task = MakeTask(models[i % 2], call);
          if (i % 5 == 0) task.priority = RenderPriority::kBulk;
          if (!engine_->Submit(std::move(task)).ok() || call->Await() != absl::StatusCode::kOk ||
              !call->PixelsAreRight()) {
            ++wrong;
          }
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(RenderEngineOptionsTest, MissingPartsAndBadLimitsAreRefused) {
  FakeClock clock;
  auto metrics = Metrics::Create();
  RenderEngineOptions options;
  EXPECT_EQ(RenderEngine::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.clock = &clock;
  EXPECT_EQ(RenderEngine::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.metrics = metrics.get();
  EXPECT_TRUE(RenderEngine::Create(options).ok());
  options.max_batch = 0;
  EXPECT_EQ(RenderEngine::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace facet::server
