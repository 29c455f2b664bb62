// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_supervisor.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/core/jobs/log_tail.h"
#include "server/core/jobs/orphan.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

// Between tries to write what must be written, while the store cannot.
constexpr absl::Duration kStoreRetry = absl::Seconds(5);
constexpr int kMaxBackoffDoublings = 5;
constexpr int kLogLines = 50;

// Worth another try: it is not the job that is gone or may not. A job given up
// for anything else would have no trainer and never end.
bool IsStoreTrouble(const absl::Status& status) {
  return !absl::IsNotFound(status) && !absl::IsFailedPrecondition(status);
}

// Trouble that any other job would meet, too, so that it need not be let in.
bool IsEverybodysTrouble(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status) || absl::IsPermissionDenied(status);
}

// Whether `a` comes to run before `b`, which has waited longer.
bool Overtakes(const JobRank& a, const JobRank& b) {
  if (a.begun != b.begun) return a.begun;
  return a.priority > b.priority;
}

std::string EventText(const TrainerOutcome& outcome) {
  if (outcome.verb != JobVerb::kDied) return outcome.message;
  return absl::StrCat(outcome.message, "; it will start again from its last checkpoint");
}

v1::TrainingFailure MakeFailure(const TrainerOutcome& outcome, const std::vector<std::string>& log,
                                const v1::TrainingJob& job) {
  v1::TrainingFailure failure;
  failure.set_message(outcome.message);
  failure.set_exit_code(outcome.exit.exit_code);
  failure.set_signal(outcome.exit.signal);
  failure.set_reason(outcome.reason);
  failure.set_step(outcome.step > 0 ? outcome.step : job.progress().step());
  for (const std::string& line : log) failure.add_log_tail(line);
  if (job.has_last_checkpoint()) {
    absl::StrAppend(failure.mutable_message(), ". Its last good checkpoint is that of step ",
                    job.last_checkpoint().step(), ": a new job can start from it (`start`)");
  }
  return failure;
}

// What was saved at the last counts though it was not told as progress.
int LastStep(const TrainerOutcome& outcome, const ProgressRecorder& recorder) {
  const bool trained = recorder.first_step().has_value();
  const int saved = outcome.verb == JobVerb::kStopped && trained ? outcome.step : 0;
  return std::max(recorder.last_step(), saved);
}

// How far the job has come, with nothing that goes on.
void EndProgress(const TrainerOutcome& outcome, const ProgressRecorder& recorder, v1::TrainingJob* job) {
  if (recorder.latest().has_value()) JobLedger::SetProgress(*recorder.latest(), job);
  if (!job->has_progress()) return;
  v1::TrainingProgress* progress = job->mutable_progress();
  progress->set_step(std::max(progress->step(), LastStep(outcome, recorder)));
  progress->clear_phase();
}

v1::TrainingAttempt DescribeAttempt(v1::TrainingAttempt record, const TrainerOutcome& outcome,
                                    const ProgressRecorder& recorder, const std::vector<std::string>& log) {
  record.set_end(outcome.end);
  record.set_message(outcome.message);
  record.set_exit_code(outcome.exit.exit_code);
  record.set_signal(outcome.exit.signal);
  record.set_first_step(recorder.first_step().value_or(0));
  record.set_last_step(LastStep(outcome, recorder));
  for (const std::string& line : log) record.add_log_tail(line);
  return record;
}

void KeepReports(const TrainerOutcome& outcome, v1::TrainingJob* job) {
  if (outcome.report.ByteSizeLong() > 0) *job->mutable_report() = outcome.report;
  if (outcome.augmentation_report.ByteSizeLong() > 0) {
    *job->mutable_augmentation_report() = outcome.augmentation_report;
  }
}

// What an uncaught std::bad_alloc leaves.
void RecogniseBadAlloc(const std::vector<std::string>& log, TrainerOutcome* outcome) {
  const auto tells = [](const std::string& line) { return absl::StrContains(line, "std::bad_alloc"); };
  if (outcome->exit.signal != SIGABRT || !std::any_of(log.begin(), log.end(), tells)) return;
  outcome->end = v1::TrainingAttempt::END_OUT_OF_MEMORY;
  outcome->reason = "OUT_OF_MEMORY";
  absl::StrAppend(&outcome->message, ": it could get no more memory");
}

}  // namespace

JobSupervisor::JobSupervisor(JobSupervisorOptions options)
    : options_(std::move(options)), thread_("jobs", [this] { Loop(); }) {}

JobSupervisor::~JobSupervisor() { Shutdown(); }

void JobSupervisor::Enqueue(const std::string& name, JobRank rank) { EnqueueAll({{name, rank}}); }

void JobSupervisor::EnqueueAll(const std::vector<RankedJob>& jobs) {
  absl::MutexLock lock(&mutex_);
  for (const RankedJob& job : jobs) Push({job.name, job.rank, absl::InfinitePast()});
}

void JobSupervisor::Push(Waiting waiting) {
  wake_ = true;
  for (const Waiting& other : queue_) {
    if (other.name == waiting.name) return;
  }
  const auto behind = std::find_if(queue_.begin(), queue_.end(),
                                   [&](const Waiting& other) { return Overtakes(waiting.rank, other.rank); });
  queue_.insert(behind, std::move(waiting));
}

void JobSupervisor::Dequeue(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  queue_.erase(std::remove_if(queue_.begin(), queue_.end(), [&](const Waiting& w) { return w.name == name; }),
               queue_.end());
  deaths_.erase(name);
  // The thread of a trainer that has just died may not have come to queue it.
  const auto attempt = attempts_.find(name);
  if (attempt != attempts_.end()) attempt->second->dequeued = true;
  wake_ = true;  // it may have kept a place
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
  for (const auto& [name, attempt] : attempts_) {
    deadline = std::min({deadline, attempt->kill_at, attempt->silent_until});
  }
  if (stopping_) return deadline;
  for (const Waiting& waiting : queue_) {
    if (HasPlace(waiting) && attempts_.count(waiting.name) == 0) deadline = std::min(deadline, waiting.not_before);
  }
  return deadline;
}

void JobSupervisor::KillOverdue() {
  const absl::Time now = options_.clock->Now();
  for (auto& [name, attempt] : attempts_) {
    if (attempt->kill_at <= now) {
      attempt->run->KillOverdue();
      attempt->kill_at = absl::InfiniteFuture();
    }
    if (attempt->silent_until <= now) {
      attempt->run->KillHung();
      attempt->silent_until = absl::InfiniteFuture();
    }
  }
}

void JobSupervisor::Heard(Attempt& attempt) {
  absl::MutexLock lock(&mutex_);
  // The thread finds out when it wakes at the old time.
  attempt.silent_until = options_.clock->Now() + options_.max_silence;
}

bool JobSupervisor::MayStart(const Waiting& waiting) const {
  // The thread of the attempt before may still be on its last lines.
  return waiting.not_before <= options_.clock->Now() && attempts_.count(waiting.name) == 0;
}

bool JobSupervisor::HasPlace(const Waiting& waiting) const {
  // Those that run, and for one that has no place those that keep theirs.
  auto taken = static_cast<int64_t>(attempts_.size());
  if (!waiting.rank.begun) {
    const auto first_without =
        std::find_if(queue_.begin(), queue_.end(), [](const Waiting& other) { return !other.rank.begun; });
    taken += first_without - queue_.begin();
  }
  return taken < options_.max_running;
}

std::optional<std::string> JobSupervisor::TakeNext() {
  if (stopping_) return std::nullopt;
  const auto next =
      std::find_if(queue_.begin(), queue_.end(), [this](const Waiting& waiting) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return HasPlace(waiting) && MayStart(waiting);
      });
  if (next == queue_.end()) return std::nullopt;
  Waiting waiting = std::move(*next);
  queue_.erase(next);
  // Before the ledger says that it starts, so that a Stop that comes because of
  // that finds it.
  attempts_[waiting.name] = MakeAttempt(waiting);
  return std::move(waiting.name);
}

JobSupervisor::AttemptPtr JobSupervisor::MakeAttempt(const Waiting& waiting) {
  const std::string& name = waiting.name;
  auto attempt = std::make_shared<Attempt>();
  attempt->recorder = std::make_unique<ProgressRecorder>(
      name, options_.ledger, options_.clock, options_.metrics,
      [this, name](const std::string& what, const std::string& why) { Warn(name, what, why); });
  attempt->priority = waiting.rank.priority;
  TrainerRunOptions run;
  run.launcher = options_.launcher;
  run.trainer_path = options_.trainer_path;
  run.device = options_.device;
  run.job_dir = FolderOf(name);
  run.count_oom_kills = options_.count_oom_kills;
  run.on_event = [this, attempt = attempt.get()](const auto& event) {
    Heard(*attempt);
    attempt->recorder->OnEvent(event);
  };
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
    attempt->record = job->attempts(0);
    attempt->log_begin = LogSize(absl::StrCat(FolderOf(name), "/trainer.log"));
    Heard(*attempt);
    return attempt->run->Start(job->attempt());
  }
  const bool try_again = IsStoreTrouble(job.status());
  Retire(name, try_again ? std::make_optional(kStoreRetry) : std::nullopt, IsEverybodysTrouble(job.status()));
}

std::string JobSupervisor::FolderOf(const std::string& name) const {
  return absl::StrCat(options_.root, "/", JobIdOf(name));
}

void JobSupervisor::Warn(const std::string& name, const std::string& what, const std::string& why) const {
  if (options_.on_warning) options_.on_warning(name, what, why);
}

void JobSupervisor::OnExit(const std::string& name, TrainerOutcome outcome) {
  options_.metrics->TrainerExited(OutcomeLabel(outcome));
  options_.metrics->ForgetJob(JobIdOf(name));
  AttemptPtr attempt;
  {
    absl::MutexLock lock(&mutex_);
    attempt = attempts_[name];
  }
  attempt->recorder->Flush();  // the curve is drawn from what is kept
  const int deaths = outcome.verb == JobVerb::kDied ? JudgeDeath(name, *attempt, &outcome) : 0;
  if (options_.before_end) options_.before_end(name, outcome.report);
  const auto state = Conclude(name, outcome, *attempt);
  if (state.has_value() && HasEnded(*state) && options_.on_end) options_.on_end(name);
  std::optional<absl::Duration> restart_after;
  if (state == v1::TRAINING_JOB_STATE_RECOVERING) {
    const int doublings = std::clamp(deaths - 1, 0, kMaxBackoffDoublings);
    restart_after = options_.restart_backoff * (1 << doublings);
  }
  // The thread that this runs on belongs to the attempt and cannot join itself.
  attempt.reset();
  Retire(name, restart_after);
}

int JobSupervisor::JudgeDeath(const std::string& name, const Attempt& attempt, TrainerOutcome* outcome) {
  // Not this trainer's fault. Where the orphan cannot be ended, it is.
  if (outcome->locked && EndOrphan(FolderOf(name))) return 1;
  const int deaths = CountDeath(name, attempt.recorder->saved());
  if (deaths > options_.max_restarts) {
    outcome->verb = JobVerb::kFailed;
    absl::StrAppend(&outcome->message, "; that was the ", deaths, "th time in a row without a new checkpoint");
  }
  return deaths;
}

int JobSupervisor::CountDeath(const std::string& name, bool saved) {
  absl::MutexLock lock(&mutex_);
  int& deaths = deaths_[name];
  deaths = saved ? 1 : deaths + 1;
  return deaths;
}

std::optional<v1::TrainingJobState> JobSupervisor::Conclude(const std::string& name, const TrainerOutcome& found,
                                                            const Attempt& attempt) {
  const std::string log_path = absl::StrCat(FolderOf(name), "/trainer.log");
  const std::vector<std::string> log = LogTail(log_path, kLogLines, attempt.log_begin);
  TrainerOutcome outcome = found;
  RecogniseBadAlloc(log, &outcome);
  const auto edit = [&](v1::TrainingJob& job) {
    EndProgress(outcome, *attempt.recorder, &job);
    attempt.recorder->PutWaitingCheckpoints(&job);
    v1::TrainingAttempt record = DescribeAttempt(attempt.record, outcome, *attempt.recorder, log);
    *record.mutable_end_time() = options_.ledger->Now();
    *job.add_attempts() = std::move(record);
    if (job.state() == v1::TRAINING_JOB_STATE_FAILED) {
      *job.mutable_failure() = MakeFailure(outcome, LogTail(log_path, kLogLines), job);
    }
    if (job.state() == v1::TRAINING_JOB_STATE_SUCCEEDED) KeepReports(outcome, &job);
  };
  for (bool first = true; true; first = false) {
    attempt.recorder->Flush();
    const auto job = options_.ledger->Apply(name, outcome.verb, EventText(outcome), edit);
    if (job.ok()) return job->state();
    if (!IsStoreTrouble(job.status())) return std::nullopt;
    if (first) {
      Warn(name, "the end of a trainer cannot be written to the store, which is tried again every 5 s",
           std::string(job.status().message()));
    }
    absl::MutexLock lock(&mutex_);
    // Without a word in the store, the next server takes the job up from its
    // last checkpoint, and finds the result if there is one.
    if (options_.clock->AwaitUntil(mutex_, absl::Condition(&stopping_), options_.clock->Now() + kStoreRetry)) {
      return std::nullopt;
    }
  }
}

void JobSupervisor::Retire(const std::string& name, std::optional<absl::Duration> restart_after, bool keeps_place) {
  absl::MutexLock lock(&mutex_);
  const auto attempt = attempts_.find(name);
  const JobRank rank = {attempt->second->priority, keeps_place};
  if (attempt->second->dequeued) restart_after.reset();
  retired_.push_back(std::move(attempt->second));
  attempts_.erase(attempt);
  wake_ = true;
  if (restart_after.has_value()) {
    Push({name, rank, options_.clock->Now() + *restart_after});
  } else {
    deaths_.erase(name);
  }
}

}  // namespace facet::server
