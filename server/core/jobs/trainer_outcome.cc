// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/trainer_outcome.h"

#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace facet::server {
namespace {

// Exit codes of facet-trainer after which another try makes sense.
constexpr int kExitLocked = 3;     // another trainer still works on the job
constexpr int kExitAbandoned = 4;  // it believed its server gone, and saved

TrainerOutcome Make(const TrainerTraces& traces, JobVerb verb, std::string message) {
  TrainerOutcome outcome;
  outcome.verb = verb;
  outcome.message = std::move(message);
  outcome.exit = traces.exit;
  return outcome;
}

std::string SignalText(int signal) {
  const char* name = sigabbrev_np(signal);
  std::string text = absl::StrCat("the trainer was killed by signal ", signal);
  if (name != nullptr) absl::StrAppend(&text, " (SIG", name, ")");
  // The kernel picks the largest process when memory runs out.
  if (signal == SIGKILL) absl::StrAppend(&text, "; was there too little memory?");
  return text;
}

TrainerOutcome JudgeLaunch(const TrainerTraces& traces) {
  const bool for_now = absl::IsResourceExhausted(traces.launch);
  return Make(traces, for_now ? JobVerb::kDied : JobVerb::kFailed,
              absl::StrCat("the trainer could not be started: ", traces.launch.message()));
}

TrainerOutcome JudgeLastWord(const TrainerTraces& traces) {
  const internal::TrainerEvent& word = *traces.last_word;
  if (word.has_finished()) {
    TrainerOutcome outcome = Make(traces, JobVerb::kFinished, "training is finished");
    outcome.report = word.finished().report();
    return outcome;
  }
  if (word.has_stopped()) {
    return Make(traces, JobVerb::kStopped,
                absl::StrCat("the trainer saved step ", word.stopped().step(), " and stopped"));
  }
  const auto code = static_cast<absl::StatusCode>(word.failed().code());
  return Make(traces, JobVerb::kFailed,
              absl::StrCat(absl::StatusCodeToString(code), ": ", word.failed().message()));
}

TrainerOutcome JudgeExit(const TrainerTraces& traces) {
  const ProcessExit& exit = traces.exit;
  if (exit.signal != 0) {
    return Make(traces, traces.stop_asked ? JobVerb::kStopped : JobVerb::kDied, SignalText(exit.signal));
  }
  if (exit.exit_code == kExitLocked || exit.exit_code == kExitAbandoned) {
    return Make(traces, JobVerb::kDied, absl::StrCat("the trainer ended with exit code ", exit.exit_code));
  }
  if (exit.exit_code == 0) return Make(traces, JobVerb::kFailed, "the trainer ended without a result");
  return Make(traces, JobVerb::kFailed, absl::StrCat("the trainer ended with exit code ", exit.exit_code));
}

}  // namespace

TrainerOutcome JudgeTrainer(const TrainerTraces& traces) {
  if (traces.never_started) return Make(traces, JobVerb::kStopped, "the trainer was not started any more");
  if (!traces.launch.ok()) return JudgeLaunch(traces);
  if (traces.last_word.has_value()) return JudgeLastWord(traces);
  if (!traces.protocol.ok()) {
    return Make(traces, JobVerb::kFailed, absl::StrCat("the trainer sent ", traces.protocol.message()));
  }
  return JudgeExit(traces);
}

absl::string_view OutcomeLabel(const TrainerOutcome& outcome) {
  if (outcome.verb == JobVerb::kFinished) return "success";
  if (outcome.verb == JobVerb::kStopped) return "stopped";
  return outcome.exit.signal != 0 ? "signal" : "failure";
}

}  // namespace facet::server
