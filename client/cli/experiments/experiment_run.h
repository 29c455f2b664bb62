// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_RUN_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_RUN_H_

#include <optional>
#include <string>

#include "facet/v1/model.pb.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// What came of a job, or a model that was there before.
struct ExperimentRun {
  std::string label;  // in reports: "1 of 4 expressions missing"
  std::optional<v1::TrainingJob> job;
  std::optional<v1::ModelVersion> model;

  // The job's, else that of the model's card.
  const v1::EvaluationReport& report() const {
    if (job.has_value()) return job->report();
    return model.has_value() ? model->card().report() : v1::EvaluationReport::default_instance();
  }
};

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_EXPERIMENT_RUN_H_
