// SPDX-License-Identifier: Apache-2.0
// Jobs of an experiment, which a second run of it finds again.
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_JOBS_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_JOBS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "client/cli/experiments/experiment_run.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

struct PlannedJob {
  // In reports: "1 of 4 expressions missing".
  std::string label;
  // Its id begins with it, and its model has it as id.
  std::string name;
  v1::TrainingSpec spec;
  bool publish = true;
};

// "NAME-1a2b3c4d": the same for equal specs alone, so that the job of a run that
// was cut off is found again, and other options make another job.
std::string JobId(const std::string& name, const v1::TrainingSpec& spec);

// Creates all jobs, or finds them, follows each to its end and publishes its
// model unless that is done. Of a job that failed or was cancelled the error
// says how to try again. Errors of the server.
absl::StatusOr<std::vector<ExperimentRun>> RunJobs(Context& context, const std::vector<PlannedJob>& jobs);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_JOBS_H_
