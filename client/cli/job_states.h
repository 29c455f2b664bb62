// SPDX-License-Identifier: Apache-2.0
// What is asked and said of the states of several jobs.
#ifndef FACET_CLIENT_CLI_JOB_STATES_H_
#define FACET_CLIENT_CLI_JOB_STATES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// Reads states as StateName writes them: "running". INVALID_ARGUMENT: one is
// none, with the nearest.
absl::StatusOr<std::vector<v1::TrainingJobState>> ParseStates(const std::vector<std::string>& names);

// Whether a job has a trainer, or had one that died and starts again.
bool HasTrainer(v1::TrainingJobState state);

// Whether a job has ended, whatever way.
bool HasEnded(v1::TrainingJobState state);

// How many jobs are in each state that any is in, in the order of the enum.
std::vector<std::pair<std::string, int>> CountByState(const std::vector<v1::TrainingJob>& jobs);

// Where a queued job stands among those that wait (queued and recovering):
// "place 3 of 12 in the queue". Empty: `job` is not queued. Jobs whose trainer
// died come first, then all by priority, then by the time of queueing, for which
// the time of making stands in here.
std::string QueuePlace(const v1::TrainingJob& job, const std::vector<v1::TrainingJob>& waiting);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_JOB_STATES_H_
