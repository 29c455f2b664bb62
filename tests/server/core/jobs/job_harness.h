// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_JOBS_JOB_HARNESS_H_
#define FACET_TESTS_SERVER_CORE_JOBS_JOB_HARNESS_H_

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "model/preset/preset.h"
#include "server/core/jobs/job_manager.h"
#include "tests/server/core/jobs/event_log.h"
#include "tests/server/core/jobs/fake_datasets.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {

inline std::string PresetDir() { return absl::StrCat(FACET_TEST_SOURCE_DIR, "/data/presets"); }

// What fake_trainer.cc makes of `script`.
inline v1::TrainingSpec SpecFor(const std::string& script) {
  v1::TrainingSpec spec;
  spec.set_dataset("datasets/digits");
  auto preset = model::FindPreset(*FileSystem::Posix(), PresetDir(), "digits");
  EXPECT_TRUE(preset.ok()) << preset.status();
  *spec.mutable_inline_preset() = *preset;
  spec.mutable_inline_preset()->set_description(script);
  // So that tests may ask for few steps.
  spec.mutable_inline_preset()->mutable_training()->set_classifier_warmup_steps(0);
  spec.mutable_inline_preset()->mutable_training()->mutable_schedule()->set_warmup_steps(0);
  return spec;
}

// Starts real processes and remembers the last one.
class RecordingLauncher final : public ProcessLauncher {
 public:
  absl::StatusOr<std::unique_ptr<Process>> Launch(const ProcessOptions& options) override {
    auto process = ProcessLauncher::Posix()->Launch(options);
    if (process.ok()) last_pid_ = (*process)->pid();
    return process;
  }
  // As somebody from outside would, or the kernel.
  void KillLast(int signal) { EXPECT_EQ(kill(last_pid_, signal), 0); }
  // If there was one and it still lives.
  void MayKillLast(int signal) {
    if (last_pid_ > 0) kill(last_pid_, signal);
  }

 private:
  std::atomic<int> last_pid_{0};
};

// A manager with a real store, real processes and a fake trainer. Restart()
// is a new server on the old state.
class JobHarness : public testing::Test {
 protected:
  JobHarness() {
    options_.root = store_.folder() / "jobs";
    options_.preset_dir = PresetDir();
    options_.trainer_path = FACET_FAKE_TRAINER;
    options_.max_restarts = 3;
    options_.restart_backoff = absl::ZeroDuration();
    options_.file_system = FileSystem::Posix();
    options_.clock = Clock::Real();
    options_.launcher = &launcher_;
    options_.datasets = &datasets_;
    options_.metrics = metrics_.get();
  }
  ~JobHarness() override { jobs_.reset(); }

  JobManager& jobs() {
    if (jobs_ == nullptr) Restart();
    return *jobs_;
  }
  void Restart() {
    jobs_.reset();
    store_.Reopen();
    options_.store = store_.get();
    auto jobs = JobManager::Create(options_);
    ASSERT_TRUE(jobs.ok()) << jobs.status();
    jobs_ = *std::move(jobs);
  }

  static v1::CreateTrainingJobRequest MakeRequest(const std::string& id, const std::string& script) {
    v1::CreateTrainingJobRequest request;
    request.set_training_job_id(id);
    *request.mutable_spec() = SpecFor(script);
    return request;
  }
  void Create(const std::string& id, const std::string& script) {
    auto job = jobs().CreateJob(MakeRequest(id, script));
    ASSERT_TRUE(job.ok()) << job.status();
  }
  v1::TrainingJob Get(const std::string& id) {
    v1::GetTrainingJobRequest request;
    request.set_name(id);
    auto job = jobs().Get(request);
    EXPECT_TRUE(job.ok()) << job.status();
    return job.value_or(v1::TrainingJob());
  }
  int64_t Watch(const std::string& id, EventLog* log, int64_t after = 0) {
    v1::WatchTrainingJobRequest request;
    request.set_name(id);
    request.set_after_revision(after);
    auto watch = jobs().Watch(request, log->Watcher());
    EXPECT_TRUE(watch.ok()) << watch.status();
    return watch.value_or(0);
  }
  // Creates and watches to the end.
  v1::TrainingJob RunToEnd(const std::string& id, const std::string& script) {
    Create(id, script);
    EventLog log;
    Watch(id, &log);
    EXPECT_TRUE(log.WaitForEnd().ok());
    return Get(id);
  }
  absl::StatusOr<v1::TrainingJob> Pause(const std::string& id, bool now = false) {
    v1::PauseTrainingJobRequest request;
    request.set_name(id);
    request.set_now(now);
    return jobs().Pause(request);
  }
  absl::StatusOr<v1::TrainingJob> Resume(const std::string& id) {
    v1::ResumeTrainingJobRequest request;
    request.set_name(id);
    return jobs().Resume(request);
  }
  absl::StatusOr<v1::TrainingJob> Cancel(const std::string& id, bool now = false) {
    v1::CancelTrainingJobRequest request;
    request.set_name(id);
    request.set_now(now);
    return jobs().Cancel(request);
  }
  absl::Status Delete(const std::string& id) {
    v1::DeleteTrainingJobRequest request;
    request.set_name(id);
    return jobs().Delete(request);
  }
  std::string Folder(const std::string& id) const { return absl::StrCat(options_.root, "/", id); }

  TempStore store_;
  FakeDatasets datasets_;
  RecordingLauncher launcher_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Create();
  JobManagerOptions options_;
  std::unique_ptr<JobManager> jobs_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_JOBS_JOB_HARNESS_H_
