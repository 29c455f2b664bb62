// SPDX-License-Identifier: Apache-2.0
// The paper's experiments, one a function. Each finds or imports its images,
// runs its jobs to their end, draws its pictures and says what came of it;
// nothing is kept on this machine meanwhile, so that a run that was cut off is
// begun again by the same call. Errors: INVALID_ARGUMENT for options that do
// not go together, FAILED_PRECONDITION for images that are not those the
// experiment needs, JobFailedError, and the server's.
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENTS_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENTS_H_

#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "client/cli/experiments/experiment_options.h"
#include "client/cli/experiments/experiment_report.h"

namespace facet::cli {

// Figure 5: images that training has seen.
absl::StatusOr<ExperimentReport> RunReconstruction(Context& context, const ExperimentOptions& options);
// Figure 6: unseen transforms, colours and rotations.
absl::StatusOr<ExperimentReport> RunLowLevel(Context& context, const ExperimentOptions& options);
// Figure 7: unseen expressions of people; with --curve, several of them missing.
absl::StatusOr<ExperimentReport> RunHighLevel(Context& context, const ExperimentOptions& options);
// Figure 8: two people mixed.
absl::StatusOr<ExperimentReport> RunMixing(Context& context, const ExperimentOptions& options);
// Section 4.2: recognisers that learn from mixes.
absl::StatusOr<ExperimentReport> RunAugmentation(Context& context, const ExperimentOptions& options);

// Runs one of them and writes its report to --out; says on standard output
// where, and what was measured, or with --json prints report.json.
absl::Status RunExperiment(Context& context, ExperimentOptions options,
                           absl::StatusOr<ExperimentReport> (*run)(Context&, const ExperimentOptions&));

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENTS_H_
