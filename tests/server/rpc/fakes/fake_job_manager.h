// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_FAKE_JOB_MANAGER_H_
#define FACET_TESTS_SERVER_RPC_FAKES_FAKE_JOB_MANAGER_H_

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "base/worker_pool.h"
#include "server/core/jobs/job_manager.h"

namespace facet::server {

// One job, `trainingJobs/j`, whose events a test adds by hand. Events are kept;
// a watch gets those it has missed, then new ones as they are added.
// Thread-safe; one thread adds.
class FakeJobManager final : public JobManager {
 public:
  // The next event, to all watches.
  void AddEvent() { Add(false); }
  // The event that ends the job, and the end of all watches.
  void EndJob() { Add(true); }
  void AwaitWatches(size_t count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return watches_.size() == count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  std::vector<std::string> published() const {
    absl::MutexLock lock(&mutex_);
    return published_;
  }

  absl::StatusOr<v1::TrainingJob> CreateJob(const v1::CreateTrainingJobRequest& request) override {
    if (request.training_job_id() == "full") {
      return WithRetryAfter(WithReason(absl::ResourceExhaustedError("the queue is full"), "QUEUE_FULL"),
                            absl::Milliseconds(1500));
    }
    absl::MutexLock lock(&mutex_);
    ++creations_;
    const auto released = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !hold_creations_; };
    mutex_.Await(absl::Condition(&released));
    return Job(request.training_job_id());
  }
  // While set, making a job takes no end of time.
  void HoldCreations(bool hold) {
    absl::MutexLock lock(&mutex_);
    hold_creations_ = hold;
  }
  // Blocks until so many jobs are being made, or were.
  void AwaitCreations(int count) {
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return creations_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  absl::StatusOr<v1::TrainingJob> Get(const v1::GetTrainingJobRequest& request) override { return Job(request.name()); }
  absl::StatusOr<v1::ListTrainingJobsResponse> List(const v1::ListTrainingJobsRequest&) override {
    v1::ListTrainingJobsResponse response;
    *response.add_training_jobs() = Job("j");
    return response;
  }
  absl::StatusOr<v1::TrainingJob> Pause(const v1::PauseTrainingJobRequest& request) override {
    return Job(request.name(), v1::TRAINING_JOB_STATE_PAUSING);
  }
  absl::StatusOr<v1::TrainingJob> Resume(const v1::ResumeTrainingJobRequest& request) override {
    return Job(request.name(), v1::TRAINING_JOB_STATE_QUEUED);
  }
  absl::StatusOr<v1::TrainingJob> Cancel(const v1::CancelTrainingJobRequest& request) override {
    return Job(request.name(), v1::TRAINING_JOB_STATE_CANCELLED);
  }
  absl::Status Delete(const v1::DeleteTrainingJobRequest&) override { return absl::OkStatus(); }

  absl::StatusOr<int64_t> Watch(const v1::WatchTrainingJobRequest& request, JobWatcher watcher) override {
    if (request.name() != "j") {
      return ResourceNotFound("facet.v1.TrainingJob", request.name(), "there is no such job");
    }
    absl::MutexLock lock(&mutex_);
    const int64_t id = next_watch_++;
    watches_.emplace(id, std::make_shared<Watching>(std::move(watcher), request.after_revision()));
    Wake();
    return id;
  }
  void Unwatch(int64_t id) override {
    absl::MutexLock calling(&calling_);  // waits for a call in progress
    absl::MutexLock lock(&mutex_);
    watches_.erase(id);
  }
  void WatcherReady(int64_t) override {
    absl::MutexLock lock(&mutex_);
    Wake();
  }

  absl::StatusOr<v1::TrainingCurve> GetCurve(const v1::GetTrainingCurveRequest& request) override {
    v1::TrainingCurve curve;
    curve.set_svg(absl::StrCat("<svg>", request.name(), "</svg>"));
    return curve;
  }
  absl::StatusOr<v1::TrainingSamples> GetSamples(const v1::GetTrainingSamplesRequest& request) override {
    v1::TrainingSamples samples;
    samples.set_step(request.step());
    return samples;
  }
  absl::StatusOr<v1::ReadTrainingLogResponse> ReadLog(const v1::ReadTrainingLogRequest& request) override {
    v1::ReadTrainingLogResponse response;
    response.set_next_offset(request.offset() + 1);
    return response;
  }
  absl::StatusOr<v1::DiskUsage> GetDiskUsage(const v1::GetDiskUsageRequest&) override {
    v1::DiskUsage usage;
    usage.set_free_bytes(1000);
    return usage;
  }
  absl::StatusOr<std::string> BundleOf(const std::string& job) override {
    if (job == "trainingJobs/gone") return ResourceNotFound("facet.v1.TrainingJob", job, "there is no such job");
    if (job == "trainingJobs/going" && went_.exchange(true)) {
      return ResourceNotFound("facet.v1.TrainingJob", job, "it is gone");
    }
    if (job == "trainingJobs/running") {
      return WithReason(absl::FailedPreconditionError("the job has not succeeded"), "JOB_NOT_SUCCEEDED");
    }
    return absl::StrCat("/state/", job);
  }
  absl::Status AddPublished(const std::string& job, const std::string& version) override {
    if (job == "trainingJobs/no-room") {
      return WithReason(absl::ResourceExhaustedError("no space left on device"), "DISK_FULL");
    }
    if (job == "trainingJobs/deleted-meanwhile") return ResourceNotFound("facet.v1.TrainingJob", job, "it is gone");
    absl::MutexLock lock(&mutex_);
    published_.push_back(absl::StrCat(job, " -> ", version));
    return absl::OkStatus();
  }
  void Shutdown() override {}

 private:
  static v1::TrainingJob Job(const std::string& name, v1::TrainingJobState state = v1::TRAINING_JOB_STATE_RUNNING) {
    v1::TrainingJob job;
    job.set_name(absl::StrCat("trainingJobs/", name));
    job.set_state(state);
    return job;
  }

  struct Watching {
    Watching(JobWatcher w, int64_t r) : watcher(std::move(w)), revision(r) {}
    JobWatcher watcher;
    int64_t revision;  // the manager's thread's own
  };

  void Add(bool last) {
    absl::MutexLock lock(&mutex_);
    v1::TrainingEvent event;
    event.set_revision(static_cast<int64_t>(events_.size()) + 1);
    event.set_transition(std::string(1000, 'x'));
    events_.push_back(event);
    ended_ = last;
    Wake();
  }

  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!thread_.Schedule([this] { Serve(); }).ok()) abort();
  }

  // On the manager's thread: everybody gets what is ready for them.
  void Serve() {
    absl::MutexLock calling(&calling_);
    std::map<int64_t, std::shared_ptr<Watching>> watches;
    {
      absl::MutexLock lock(&mutex_);
      watches = watches_;
    }
    for (auto& [id, watch] : watches) {
      while (auto event = NextFor(*watch)) {
        if (!watch->watcher.ready()) break;
        watch->watcher.on_event(*event);
        ++watch->revision;
      }
      if (TakeIfEnded(id, *watch)) watch->watcher.on_done(absl::OkStatus());
    }
  }

  std::optional<v1::TrainingEvent> NextFor(const Watching& watch) {
    absl::MutexLock lock(&mutex_);
    if (watch.revision >= static_cast<int64_t>(events_.size())) return std::nullopt;
    return events_[watch.revision];
  }
  bool TakeIfEnded(int64_t id, const Watching& watch) {
    absl::MutexLock lock(&mutex_);
    return ended_ && watch.revision == static_cast<int64_t>(events_.size()) && watches_.erase(id) > 0;
  }

  absl::Mutex calling_;
  mutable absl::Mutex mutex_;
  std::vector<v1::TrainingEvent> events_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t next_watch_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<int64_t, std::shared_ptr<Watching>> watches_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> published_ ABSL_GUARDED_BY(mutex_);
  bool hold_creations_ ABSL_GUARDED_BY(mutex_) = false;
  int creations_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<bool> went_ = false;
  WorkerPool thread_{"fake-jobs", 1, 100000};
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_FAKE_JOB_MANAGER_H_
