// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/trainer_run.h"

#include <csignal>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/error.h"
#include "server/core/jobs/trainer_event_reader.h"

namespace facet::server {
namespace {

constexpr size_t kReadBytes = 16 << 10;

bool IsLastWord(const internal::TrainerEvent& event) {
  return event.has_finished() || event.has_stopped() || event.has_failed();
}

}  // namespace

TrainerRun::~TrainerRun() {
  Kill();
  thread_.reset();
}

void TrainerRun::Start(int attempt) {
  attempt_ = attempt;
  try {
    thread_.emplace("trainer-run", [this] { Run(); });
  } catch (const std::system_error& error) {
    TrainerTraces traces;
    traces.launch = WithReason(absl::ResourceExhaustedError(absl::StrCat("no thread is left for it: ", error.what())),
                               "NO_ROOM_FOR_PROCESS");
    Conclude(std::move(traces));
  }
}

void TrainerRun::Stop() {
  absl::MutexLock lock(&mutex_);
  stop_asked_ = true;
  if (process_ != nullptr) process_->Signal(SIGTERM);
}

void TrainerRun::Kill() {
  absl::MutexLock lock(&mutex_);
  stop_asked_ = true;
  kill_asked_ = true;
  if (process_ != nullptr) process_->Signal(SIGKILL);
}

void TrainerRun::KillOverdue() {
  absl::MutexLock lock(&mutex_);
  overdue_ = true;
  if (process_ != nullptr) process_->Signal(SIGKILL);
}

void TrainerRun::KillHung() {
  absl::MutexLock lock(&mutex_);
  if (process_ == nullptr) return;
  hung_ = true;
  process_->Signal(SIGKILL);
}

bool TrainerRun::stop_asked() {
  absl::MutexLock lock(&mutex_);
  return stop_asked_;
}

void TrainerRun::Run() {
  TrainerTraces traces;
  const int64_t oom_kills_before = oom_kills();
  if (Process* process = Launch(&traces); process != nullptr) {
    ReadEvents(process, &traces);
    traces.exit = process->Wait();
  }
  traces.memory_ran_out = oom_kills() > oom_kills_before;
  Conclude(std::move(traces));
}

void TrainerRun::Conclude(TrainerTraces traces) {
  {
    absl::MutexLock lock(&mutex_);
    traces.stop_asked = stop_asked_;
    traces.hung = hung_;
    traces.kill_asked = kill_asked_;
    traces.overdue = overdue_;
  }
  options_.on_exit(JudgeTrainer(traces));
}

Process* TrainerRun::Launch(TrainerTraces* traces) {
  if (stop_asked()) {
    traces->never_started = true;
    return nullptr;
  }
  ProcessOptions options;
  options.argv = {options_.trainer_path, "--job-dir", options_.job_dir, "--event-fd", "3", "--device", options_.device};
  options.log_path = absl::StrCat(options_.job_dir, "/trainer.log");
  options.event_pipe = true;
  options.environment = {absl::StrCat("FACET_ATTEMPT=", attempt_)};
  auto launched = options_.launcher->Launch(options);
  traces->launch = launched.status();
  if (!launched.ok()) return nullptr;
  absl::MutexLock lock(&mutex_);
  process_ = *std::move(launched);
  // Asked while the process was being made.
  if (stop_asked_) process_->Signal(kill_asked_ || overdue_ ? SIGKILL : SIGTERM);
  return process_.get();
}

void TrainerRun::ReadEvents(Process* process, TrainerTraces* traces) {
  TrainerEventReader reader;
  std::string buffer(kReadBytes, '\0');
  while (true) {
    const auto got = process->ReadEvents(buffer.data(), buffer.size());
    if (!got.ok() || *got == 0) return;
    auto events = reader.Feed(absl::string_view(buffer.data(), *got));
    if (!events.ok()) {
      // Nothing it sends from now on can be understood.
      traces->protocol = events.status();
      return process->Signal(SIGKILL);
    }
    for (internal::TrainerEvent& event : *events) {
      options_.on_event(event);
      if (IsLastWord(event)) traces->last_word = std::move(event);
    }
  }
}

}  // namespace facet::server
