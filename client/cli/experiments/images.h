// SPDX-License-Identifier: Apache-2.0
// The data sets that experiments are made on.
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_IMAGES_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_IMAGES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "client/cli/experiments/experiment_options.h"
#include "facet/v1/dataset.pb.h"

namespace facet::cli {

// Faces that an import takes from KDEF, straight views. Empty: all there are.
struct FaceChoice {
  std::vector<std::string> sessions;
  std::vector<std::string> expressions;
  std::vector<std::string> transforms;
  std::vector<std::string> people;
};

// An import, and the folder of this machine that it sends, if any. The spec's
// description tells it from every import of other images.
struct PlannedImport {
  v1::ImportSpec spec;
  std::string folder;
};

// The people of --kdef, the first --people of them where that is given.
// NOT_FOUND, INVALID_ARGUMENT: no such folder, or too few people in it.
absl::StatusOr<std::vector<std::string>> ChoosePeople(const ExperimentOptions& options);

// The import of data set `id` from --kdef. Errors as of ChoosePeople.
absl::StatusOr<PlannedImport> PlanFaces(const ExperimentOptions& options, const std::string& id,
                                        const FaceChoice& choice);
// The import of data set `id` from the digits that ship.
PlannedImport PlanDigits(const ExperimentOptions& options, const std::string& id);

// The newest version that an equal import has made, else imports; says on
// standard output what was left out, unless --json was given.
absl::StatusOr<v1::Dataset> FindOrImport(Context& context, const PlannedImport& import);

// The images of an experiment: faces as the paper's task has them (--kdef),
// digits (--bundled) or what the server has (--dataset). INVALID_ARGUMENT: not
// exactly one is given.
absl::StatusOr<v1::Dataset> PrepareImages(Context& context, const ExperimentOptions& options);

// FAILED_PRECONDITION unless the data set has all `features`: says which it
// has, and how to import such images.
absl::Status CheckFeatures(const v1::Dataset& dataset, const std::string& experiment,
                           const std::vector<std::string>& features);

// The class names of a feature; empty where the schema does not have it.
std::vector<std::string> ClassesOf(const v1::FeatureSchema& schema, const std::string& feature);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_IMAGES_H_
