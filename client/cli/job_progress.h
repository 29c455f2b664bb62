// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_JOB_PROGRESS_H_
#define FACET_CLIENT_CLI_JOB_PROGRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// Shows a job until it ends: a bar with losses, rate and time left, a line for
// each change of state and each best checkpoint; with `show` the samples of
// each checkpoint are drawn in the terminal. The job as it ended.
absl::StatusOr<v1::TrainingJob> AwaitJob(Context& context, const std::string& name, bool show = false);

// OK if an ended job succeeded, else JobFailedError.
absl::Status CheckSucceeded(const v1::TrainingJob& job);

// AwaitJob, then prints the job, also exit code or signal and the last log lines
// where it failed, and checks that it succeeded.
absl::Status FollowJob(Context& context, const std::string& name, bool show = false);

// "loss 12.3 (pixels 10.1, classes 0.2), 1234 images/s, 0:42 left".
std::string FormatProgress(const v1::TrainingProgress& progress);

// A job for people, several lines. Asks the server what the model of an
// evaluation learnt of the cells that were measured.
std::string DescribeJob(client::Client& client, const v1::TrainingJob& job);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_JOB_PROGRESS_H_
