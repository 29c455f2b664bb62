// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

// When another job may have left the queue: a guess.
constexpr absl::Duration kQueueRetry = absl::Seconds(30);

bool HasTrainer(v1::TrainingJobState state) {
  return state == v1::TRAINING_JOB_STATE_STARTING || state == v1::TRAINING_JOB_STATE_RUNNING ||
         state == v1::TRAINING_JOB_STATE_PAUSING || state == v1::TRAINING_JOB_STATE_CANCELLING;
}

}  // namespace

google::protobuf::Timestamp JobLedger::Now() const {
  const absl::Time now = options_.clock->Now();
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(absl::ToUnixSeconds(now));
  stamp.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(now - absl::FromUnixSeconds(stamp.seconds()))));
  return stamp;
}

absl::Status JobLedger::Stamp(v1::TrainingJobState before, JobVerb verb, v1::TrainingJob* job) {
  if (verb == JobVerb::kStart) {
    job->set_attempt(job->attempt() + 1);
    if (!job->has_start_time()) *job->mutable_start_time() = Now();
    v1::TrainingAttempt* attempt = job->add_attempts();
    attempt->set_attempt(job->attempt());
    *attempt->mutable_start_time() = Now();
  }
  if (verb == JobVerb::kServerStarted && HasTrainer(before)) {
    RETURN_IF_ERROR(CloseAttempt(job));
    if (job->has_progress()) job->mutable_progress()->clear_phase();
  }
  if (HasEnded(job->state())) *job->mutable_end_time() = Now();
  return absl::OkStatus();
}

// Nobody was there when the last attempt ended.
absl::Status JobLedger::CloseAttempt(v1::TrainingJob* job) {
  ASSIGN_OR_RETURN(auto attempts, options_.store->ListAttempts(job->name(), 1));
  if (attempts.empty() || attempts[0].has_end_time()) return absl::OkStatus();
  attempts[0].set_end(v1::TrainingAttempt::END_SERVER_DIED);
  attempts[0].set_message("the server ended, and its trainer with it");
  attempts[0].set_last_step(std::max(job->progress().step(), job->last_checkpoint().step()));
  *attempts[0].mutable_end_time() = Now();
  *job->add_attempts() = std::move(attempts[0]);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<JobLedger>> JobLedger::Create(JobLedgerOptions options) {
  std::unique_ptr<JobLedger> ledger(new JobLedger(std::move(options)));
  RETURN_IF_ERROR(ledger->CountJobs());
  return ledger;
}

absl::Status JobLedger::CountJobs() {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(auto counts, options_.store->CountJobs());
  for (int i = v1::TRAINING_JOB_STATE_QUEUED; i < v1::TrainingJobState_ARRAYSIZE; ++i) {
    const auto state = static_cast<v1::TrainingJobState>(i);
    Count(state, counts[state]);
  }
  return absl::OkStatus();
}

void JobLedger::Count(v1::TrainingJobState state, int change) {
  counts_[state] += change;
  options_.metrics->SetJobs(JobStateName(state), counts_[state]);
}

absl::Status JobLedger::CheckQueue() {
  if (counts_[v1::TRAINING_JOB_STATE_QUEUED] < options_.max_queued) return absl::OkStatus();
  return WithRetryAfter(WithReason(absl::ResourceExhaustedError(
                                       absl::StrCat("the queue is full: ", options_.max_queued,
                                                    " training jobs wait. Try again when one has run, or cancel one")),
                                   "QUEUE_FULL"),
                        kQueueRetry);
}

absl::Status JobLedger::CheckRoom() {
  absl::MutexLock lock(&mutex_);
  return CheckQueue();
}

v1::TrainingEvent JobLedger::MakeEvent(const v1::TrainingJob& job) const {
  v1::TrainingEvent event;
  *event.mutable_time() = Now();
  event.set_state(job.state());
  event.set_attempt(job.attempt());
  return event;
}

absl::StatusOr<v1::TrainingJob> JobLedger::Insert(v1::TrainingJob job, const std::string& request_id) {
  job.set_state(v1::TRAINING_JOB_STATE_QUEUED);
  *job.mutable_create_time() = Now();
  job.set_revision(1);
  {
    absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(CheckQueue());
    v1::TrainingEvent event = MakeEvent(job);
    event.set_transition("queued");
    RETURN_IF_ERROR(options_.store->InsertJob({job, request_id}, std::move(event)));
    Count(job.state(), +1);
  }
  options_.on_change(job.name());
  return job;
}

absl::StatusOr<v1::TrainingJob> JobLedger::Apply(const std::string& name, JobVerb verb, const std::string& why,
                                                 const Edit& edit) {
  bool changed = false;
  absl::StatusOr<v1::TrainingJob> job;
  {
    absl::MutexLock lock(&mutex_);
    job = Move(name, verb, why, edit, &changed);
  }
  if (changed) options_.on_change(name);
  return job;
}

absl::StatusOr<v1::TrainingJob> JobLedger::Move(const std::string& name, JobVerb verb, const std::string& why,
                                                const Edit& edit, bool* changed) {
  ASSIGN_OR_RETURN(JobRecord record, options_.store->GetJob(name));
  v1::TrainingJob& job = record.job;
  const v1::TrainingJobState before = job.state();
  const auto after = NextJobState(before, verb);
  if (!after.has_value()) return RefusedTransition(name, before, verb);
  if (*after == before) return job;
  if (*after == v1::TRAINING_JOB_STATE_QUEUED) RETURN_IF_ERROR(CheckQueue());
  job.set_state(*after);
  RETURN_IF_ERROR(Stamp(before, verb, &job));
  if (edit) edit(job);
  v1::TrainingEvent event = MakeEvent(job);
  event.set_transition(why);
  ASSIGN_OR_RETURN(const int64_t revision, options_.store->UpdateJob(job, std::move(event)));
  job.set_revision(revision);
  Count(before, -1);
  Count(*after, +1);
  *changed = true;
  return job;
}

absl::Status JobLedger::AddProgress(const std::string& name, const v1::TrainingProgress& progress) {
  return AddEvent(name, [&](v1::TrainingJob& job, v1::TrainingEvent& event) {
    SetProgress(progress, &job);
    *event.mutable_progress() = progress;
  });
}

absl::Status JobLedger::AddCheckpoint(const std::string& name, v1::Checkpoint checkpoint) {
  if (!checkpoint.has_time()) *checkpoint.mutable_time() = Now();
  return AddEvent(name, [&](v1::TrainingJob& job, v1::TrainingEvent& event) {
    *job.mutable_last_checkpoint() = checkpoint;
    if (checkpoint.best()) *job.mutable_best_checkpoint() = checkpoint;
    *event.mutable_checkpoint() = checkpoint;
  });
}

void JobLedger::SetProgress(v1::TrainingProgress progress, v1::TrainingJob* job) {
  progress.clear_points();
  const v1::TrainingProgress& before = job->progress();
  if (progress.losses().empty()) *progress.mutable_losses() = before.losses();
  if (progress.learning_rate() == 0) progress.set_learning_rate(before.learning_rate());
  if (progress.images_per_second() == 0) progress.set_images_per_second(before.images_per_second());
  *job->mutable_progress() = std::move(progress);
}

absl::Status JobLedger::AddNote(const std::string& name, const std::string& text) {
  return AddEvent(name, [&](v1::TrainingJob&, v1::TrainingEvent& event) { event.set_transition(text); });
}

absl::Status JobLedger::AddEvent(const std::string& name,
                                 const std::function<void(v1::TrainingJob&, v1::TrainingEvent&)>& fill) {
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(JobRecord record, options_.store->GetJob(name));
    v1::TrainingEvent event = MakeEvent(record.job);
    fill(record.job, event);
    RETURN_IF_ERROR(options_.store->UpdateJob(record.job, std::move(event)).status());
  }
  options_.on_change(name);
  return absl::OkStatus();
}

absl::Status JobLedger::Amend(const std::string& name, const Edit& edit) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(JobRecord record, options_.store->GetJob(name));
  edit(record.job);
  return options_.store->PutJob(record.job);
}

absl::Status JobLedger::Remove(const std::string& name) {
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(const JobRecord record, options_.store->GetJob(name));
    const v1::TrainingJobState state = record.job.state();
    if (!NextJobState(state, JobVerb::kDelete).has_value()) {
      return RefusedTransition(name, state, JobVerb::kDelete);
    }
    RETURN_IF_ERROR(options_.store->DeleteJob(name));
    Count(state, -1);
  }
  options_.on_change(name);
  return absl::OkStatus();
}

}  // namespace facet::server
