// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_FAKE_RENDER_ENGINE_H_
#define FACET_TESTS_SERVER_RPC_FAKES_FAKE_RENDER_ENGINE_H_

#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/worker_pool.h"
#include "server/core/render/render_engine.h"

namespace facet::server {

// Renders at once, or holds tasks until a test lets them go. An image of
// weights w shows 255 * w[0] in each uint8 sample, w[0] in each float.
// Thread-safe.
class FakeRenderEngine final : public RenderEngine {
 public:
  absl::StatusOr<int64_t> Submit(RenderTask task) override {
    int64_t id = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (!refusals_.empty()) {
        absl::Status refusal = refusals_.front();
        refusals_.pop_front();
        if (!refusal.ok()) return refusal;
      }
      id = ++submitted_;
      tasks_.emplace(id, std::move(task));
      if (held_) return id;
    }
    Run(id, absl::OkStatus());
    return id;
  }

  void Cancel(int64_t id) override {
    {
      absl::MutexLock lock(&mutex_);
      cancelled_.push_back(id);
    }
    Run(id, absl::CancelledError("cancelled"));
  }
  void Drain(absl::Time) override {}

  // Tasks stay until ReleaseAll, or Fail.
  void Hold() {
    absl::MutexLock lock(&mutex_);
    held_ = true;
  }
  void ReleaseAll() { EndAll(absl::OkStatus()); }
  void FailAll(const absl::Status& status) { EndAll(status); }
  // The next calls of Submit are answered with these, OK meaning taken.
  void RefuseNext(std::vector<absl::Status> refusals) {
    absl::MutexLock lock(&mutex_);
    refusals_.assign(refusals.begin(), refusals.end());
  }
  void AwaitSubmitted(int count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return submitted_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  void AwaitCancelled(size_t count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return cancelled_.size() >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  int submitted() const {
    absl::MutexLock lock(&mutex_);
    return static_cast<int>(submitted_);
  }
  // Deadline of a task that is held.
  absl::Time deadline_of(int64_t id) const {
    absl::MutexLock lock(&mutex_);
    return tasks_.at(id).deadline;
  }

 private:
  void EndAll(const absl::Status& status) {
    std::vector<int64_t> ids;
    {
      absl::MutexLock lock(&mutex_);
      held_ = false;
      for (const auto& [id, task] : tasks_) ids.push_back(id);
    }
    for (int64_t id : ids) Run(id, status);
  }

  // Ends a task that is still there, on the engine's thread.
  void Run(int64_t id, const absl::Status& status) {
    std::optional<RenderTask> task;
    {
      absl::MutexLock lock(&mutex_);
      const auto entry = tasks_.find(id);
      if (entry == tasks_.end()) return;
      task = std::move(entry->second);
      tasks_.erase(entry);
    }
    auto end = [task = std::move(*task), status]() mutable {
      if (status.ok()) Paint(task);
      task.done(status);
    };
    if (!thread_.Schedule(std::move(end)).ok()) abort();
  }

  static void Paint(const RenderTask& task) {
    const size_t samples = task.model->renderer->shape().samples();
    const size_t classes = task.dense.size() / task.count;
    for (int i = 0; i < task.count; ++i) {
      const float value = task.dense[i * classes];
      if (task.format.type == model::PixelType::kUint8) {
        std::memset(static_cast<uint8_t*>(task.pixels) + i * samples, static_cast<int>(255 * value), samples);
      } else {
        float* const pixels = static_cast<float*>(task.pixels) + i * samples;
        std::fill(pixels, pixels + samples, value);
      }
    }
  }

  mutable absl::Mutex mutex_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t submitted_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, RenderTask> tasks_ ABSL_GUARDED_BY(mutex_);
  std::vector<int64_t> cancelled_ ABSL_GUARDED_BY(mutex_);
  std::deque<absl::Status> refusals_ ABSL_GUARDED_BY(mutex_);
  WorkerPool thread_{"fake-engine", 1, 10000};
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_FAKE_RENDER_ENGINE_H_
