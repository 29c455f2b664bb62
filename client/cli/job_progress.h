// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_JOB_PROGRESS_H_
#define FACET_CLIENT_CLI_JOB_PROGRESS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// How a job is followed.
struct FollowOptions {
  // Draw the samples of each checkpoint in the terminal.
  bool show = false;
  // Begin with all that happened, in place of how the job stands.
  bool all = false;
};

// Shows a job until it ends: how it stands, then a bar with rate, time left and
// losses, a line for each change of state and each best checkpoint. The job as
// it ended.
absl::StatusOr<v1::TrainingJob> AwaitJob(Context& context, const std::string& name, const FollowOptions& options = {});

// OK if an ended job succeeded, else JobFailedError.
absl::Status CheckSucceeded(const v1::TrainingJob& job);

// AwaitJob, then prints the job, also exit code or signal and the last log lines
// where it failed, and checks that it succeeded.
absl::Status FollowJob(Context& context, const std::string& name, const FollowOptions& options = {});

// "3/8, 1234 images/s, 0:42 left, loss 12.3 (pixels 10.1, classes 0.2)".
std::string FormatProgress(const v1::TrainingProgress& progress);
// Likewise, then without the parts of the loss, then without the loss.
std::vector<std::string> FormatProgressTexts(const v1::TrainingProgress& progress);

// A job for people, several lines; `place` says where it stands in the queue,
// and may be empty. Asks the server what the model of an evaluation learnt of
// the cells that were measured.
std::string DescribeJob(client::Client& client, const v1::TrainingJob& job, const std::string& place = "");

// Likewise of a job that was only checked.
std::string DescribePlan(const v1::TrainingJob& job);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_JOB_PROGRESS_H_
