// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_supervisor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/core/jobs/log_tail.h"

namespace facet::server {
namespace {

// Between tries to write what must be written, while the disk is full.
constexpr absl::Duration kStoreRetry = absl::Seconds(5);
constexpr int kMaxBackoffDoublings = 8;

absl::string_view IdOf(const std::string& name) { return absl::StripPrefix(name, "trainingJobs/"); }

// Worth another try: nothing is wrong with the job itself.
bool IsStoreTrouble(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status) || absl::IsInternal(status);
}

std::string EventText(const TrainerOutcome& outcome) {
  if (outcome.verb != JobVerb::kDied) return outcome.message;
  return absl::StrCat(outcome.message, "; it will start again from its last checkpoint");
}

v1::TrainingFailure MakeFailure(const TrainerOutcome& outcome, const std::string& log) {
  v1::TrainingFailure failure;
  failure.set_message(outcome.message);
  failure.set_exit_code(outcome.exit.exit_code);
  failure.set_signal(outcome.exit.signal);
  for (std::string& line : LogTail(log)) failure.add_log_tail(std::move(line));
  return failure;
}

}  // namespace

JobSupervisor::JobSupervisor(JobSupervisorOptions options)
    : options_(std::move(options)), thread_("jobs", [this] { Loop(); }) {}

JobSupervisor::~JobSupervisor() { Shutdown(); }

void JobSupervisor::Enqueue(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  Push(name, absl::InfinitePast());
}

void JobSupervisor::Push(const std::string& name, absl::Time not_before) {
  const bool there =
      std::any_of(queue_.begin(), queue_.end(), [&](const Waiting& w) { return w.name == name; });
  if (!there) queue_.push_back({name, not_before});
  wake_ = true;
}

void JobSupervisor::Dequeue(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  queue_.erase(std::remove_if(queue_.begin(), queue_.end(), [&](const Waiting& w) { return w.name == name; }),
               queue_.end());
  deaths_.erase(name);
}

void JobSupervisor::Stop(const std::string& name, bool now) {
  absl::MutexLock lock(&mutex_);
  const auto attempt = attempts_.find(name);
  if (attempt != attempts_.end()) StopAttempt(*attempt->second, now);
}

void JobSupervisor::StopAttempt(Attempt& attempt, bool now) {
  if (now) return attempt.run->Kill();
  attempt.run->Stop();
  attempt.kill_at = std::min(attempt.kill_at, options_.clock->Now() + options_.stop_grace);
  wake_ = true;
}

void JobSupervisor::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      for (auto& [name, attempt] : attempts_) StopAttempt(*attempt, false);
    }
    stopping_ = true;
    wake_ = true;
    const auto ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return attempts_.empty(); };
    mutex_.Await(absl::Condition(&ended));
  }
  thread_.Join();
}

void JobSupervisor::Loop() {
  while (true) {
    std::vector<AttemptPtr> retired;
    std::optional<std::string> next;
    bool done = false;
    {
      absl::MutexLock lock(&mutex_);
      options_.clock->AwaitUntil(mutex_, absl::Condition(&wake_), NextDeadline());
      wake_ = false;
      KillOverdue();
      retired.swap(retired_);
      next = TakeNext();
      done = stopping_ && attempts_.empty() && retired_.empty();
      if (next.has_value()) wake_ = true;  // there may be room for more
    }
    retired.clear();  // joins
    if (next.has_value()) StartJob(*next);
    if (done) return;
  }
}

absl::Time JobSupervisor::NextDeadline() const {
  absl::Time deadline = absl::InfiniteFuture();
  for (const auto& [name, attempt] : attempts_) deadline = std::min(deadline, attempt->kill_at);
  if (stopping_ || static_cast<int>(attempts_.size()) >= options_.max_running) return deadline;
  for (const Waiting& waiting : queue_) {
    if (attempts_.count(waiting.name) == 0) deadline = std::min(deadline, waiting.not_before);
  }
  return deadline;
}

void JobSupervisor::KillOverdue() {
  const absl::Time now = options_.clock->Now();
  for (auto& [name, attempt] : attempts_) {
    if (attempt->kill_at > now) continue;
    attempt->run->Kill();
    attempt->kill_at = absl::InfiniteFuture();
  }
}

bool JobSupervisor::MayStart(const Waiting& waiting) const {
  // The thread of the attempt before may still be on its last lines.
  return waiting.not_before <= options_.clock->Now() && attempts_.count(waiting.name) == 0;
}

std::optional<std::string> JobSupervisor::TakeNext() {
  if (stopping_ || static_cast<int>(attempts_.size()) >= options_.max_running) return std::nullopt;
  const auto next = std::find_if(queue_.begin(), queue_.end(),
                                 [this](const Waiting& waiting)
                                     ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return MayStart(waiting); });
  if (next == queue_.end()) return std::nullopt;
  std::string name = std::move(next->name);
  queue_.erase(next);
  // Before the ledger says that it starts, so that a Stop that comes because of
  // that finds it.
  attempts_[name] = MakeAttempt(name);
  return name;
}

JobSupervisor::AttemptPtr JobSupervisor::MakeAttempt(const std::string& name) {
  auto attempt = std::make_shared<Attempt>();
  attempt->recorder =
      std::make_unique<ProgressRecorder>(name, options_.ledger, options_.clock, options_.metrics);
  TrainerRunOptions run;
  run.launcher = options_.launcher;
  run.trainer_path = options_.trainer_path;
  run.job_dir = FolderOf(name);
  run.on_event = [recorder = attempt->recorder.get()](const auto& event) { recorder->OnEvent(event); };
  run.on_exit = [this, name](const TrainerOutcome& outcome) { OnExit(name, outcome); };
  attempt->run = std::make_unique<TrainerRun>(std::move(run));
  return attempt;
}

void JobSupervisor::StartJob(const std::string& name) {
  const auto job = options_.ledger->Apply(name, JobVerb::kStart, "the trainer starts");
  if (job.ok()) {
    AttemptPtr attempt;
    {
      absl::MutexLock lock(&mutex_);
      attempt = attempts_[name];
    }
    return attempt->run->Start();
  }
  const bool try_again = IsStoreTrouble(job.status());
  Retire(name, try_again ? std::make_optional(kStoreRetry) : std::nullopt);
}

std::string JobSupervisor::FolderOf(const std::string& name) const {
  return absl::StrCat(options_.root, "/", IdOf(name));
}

void JobSupervisor::OnExit(const std::string& name, TrainerOutcome outcome) {
  options_.metrics->TrainerExited(OutcomeLabel(outcome));
  options_.metrics->ForgetJob(IdOf(name));
  AttemptPtr attempt;
  {
    absl::MutexLock lock(&mutex_);
    attempt = attempts_[name];
  }
  int deaths = 0;
  if (outcome.verb == JobVerb::kDied) {
    deaths = CountDeath(name, attempt->recorder->saved());
    if (deaths > options_.max_restarts) {
      outcome.verb = JobVerb::kFailed;
      absl::StrAppend(&outcome.message, "; that was the ", deaths,
                      "th time in a row without a new checkpoint");
    }
  }
  const auto state = Conclude(name, outcome, attempt->recorder->latest());
  std::optional<absl::Duration> restart_after;
  if (state == v1::TRAINING_JOB_STATE_RECOVERING) {
    const int doublings = std::clamp(deaths - 1, 0, kMaxBackoffDoublings);
    restart_after = options_.restart_backoff * (1 << doublings);
  }
  // The thread that this runs on belongs to the attempt and cannot join itself.
  attempt.reset();
  Retire(name, restart_after);
}

int JobSupervisor::CountDeath(const std::string& name, bool saved) {
  absl::MutexLock lock(&mutex_);
  int& deaths = deaths_[name];
  deaths = saved ? 1 : deaths + 1;
  return deaths;
}

std::optional<v1::TrainingJobState> JobSupervisor::Conclude(
    const std::string& name, const TrainerOutcome& outcome,
    const std::optional<v1::TrainingProgress>& progress) {
  const auto edit = [&](v1::TrainingJob& job) {
    if (progress.has_value()) *job.mutable_progress() = *progress;
    if (job.state() == v1::TRAINING_JOB_STATE_FAILED) {
      *job.mutable_failure() = MakeFailure(outcome, absl::StrCat(FolderOf(name), "/trainer.log"));
    }
    const bool judged = outcome.report.ByteSizeLong() > 0;
    if (job.state() == v1::TRAINING_JOB_STATE_SUCCEEDED && judged) *job.mutable_report() = outcome.report;
  };
  while (true) {
    const auto job = options_.ledger->Apply(name, outcome.verb, EventText(outcome), edit);
    if (job.ok()) return job->state();
    if (!IsStoreTrouble(job.status())) return std::nullopt;
    absl::MutexLock lock(&mutex_);
    // Without a word in the store, the next server takes the job up from its
    // last checkpoint, and finds the result if there is one.
    if (options_.clock->AwaitUntil(mutex_, absl::Condition(&stopping_),
                                   options_.clock->Now() + kStoreRetry)) {
      return std::nullopt;
    }
  }
}

void JobSupervisor::Retire(const std::string& name, std::optional<absl::Duration> restart_after) {
  absl::MutexLock lock(&mutex_);
  const auto attempt = attempts_.find(name);
  retired_.push_back(std::move(attempt->second));
  attempts_.erase(attempt);
  wake_ = true;
  if (restart_after.has_value()) {
    Push(name, options_.clock->Now() + *restart_after);
  } else {
    deaths_.erase(name);
  }
}

}  // namespace facet::server
