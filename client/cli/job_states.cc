// SPDX-License-Identifier: Apache-2.0
#include "client/cli/job_states.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "base/names.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

std::vector<std::string> StateNames() {
  std::vector<std::string> names;
  for (int state = v1::TRAINING_JOB_STATE_QUEUED; v1::TrainingJobState_IsValid(state); ++state) {
    names.push_back(StateName(static_cast<v1::TrainingJobState>(state)));
  }
  return names;
}

// Smaller is earlier, as docs/jobs.md has it under "Scheduling". When a job that
// was paused was queued again is not told: taken to be later than its equals.
std::tuple<bool, int, bool, int64_t, int32_t> Rank(const v1::TrainingJob& job) {
  return {job.state() != v1::TRAINING_JOB_STATE_RECOVERING, -job.priority(), job.has_start_time(),
          job.create_time().seconds(), job.create_time().nanos()};
}

}  // namespace

absl::StatusOr<std::vector<v1::TrainingJobState>> ParseStates(const std::vector<std::string>& names) {
  const std::vector<std::string> all = StateNames();
  std::vector<v1::TrainingJobState> states;
  for (const std::string& name : names) {
    const auto found = std::find(all.begin(), all.end(), name);
    if (found == all.end()) {
      return absl::InvalidArgumentError(absl::StrCat("there is no state '", name, "'. ", SuggestNames(name, all)));
    }
    states.push_back(static_cast<v1::TrainingJobState>(v1::TRAINING_JOB_STATE_QUEUED + (found - all.begin())));
  }
  return states;
}

bool HasTrainer(v1::TrainingJobState state) {
  switch (state) {
    case v1::TRAINING_JOB_STATE_STARTING:
    case v1::TRAINING_JOB_STATE_RUNNING:
    case v1::TRAINING_JOB_STATE_PAUSING:
    case v1::TRAINING_JOB_STATE_CANCELLING:
    case v1::TRAINING_JOB_STATE_RECOVERING:
      return true;
    default:
      return false;
  }
}

bool HasEnded(v1::TrainingJobState state) { return state >= v1::TRAINING_JOB_STATE_SUCCEEDED; }

std::vector<std::pair<std::string, int>> CountByState(const std::vector<v1::TrainingJob>& jobs) {
  std::map<v1::TrainingJobState, int> counts;
  for (const v1::TrainingJob& job : jobs) ++counts[job.state()];
  std::vector<std::pair<std::string, int>> named;
  for (const auto& [state, count] : counts) named.emplace_back(StateName(state), count);
  return named;
}

std::string QueuePlace(const v1::TrainingJob& job, const std::vector<v1::TrainingJob>& waiting) {
  if (job.state() != v1::TRAINING_JOB_STATE_QUEUED) return "";
  const auto earlier = std::count_if(waiting.begin(), waiting.end(), [&](const v1::TrainingJob& other) {
    return other.name() != job.name() && Rank(other) < Rank(job);
  });
  const auto others = std::count_if(waiting.begin(), waiting.end(),
                                    [&](const v1::TrainingJob& other) { return other.name() != job.name(); });
  return absl::StrCat("place ", earlier + 1, " of ", others + 1, " in the queue");
}

}  // namespace facet::cli
