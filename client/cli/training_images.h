// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_TRAINING_IMAGES_H_
#define FACET_CLIENT_CLI_TRAINING_IMAGES_H_

#include "absl/status/statusor.h"
#include "facet/client/client.h"
#include "facet/v1/dataset.pb.h"
#include "facet/v1/model.pb.h"

namespace facet::cli {

// The data set that a model learnt from, by the fingerprint in its card: here
// the images may have another name, and that name other images. NOT_FOUND: no
// data set of the server has them.
absl::StatusOr<v1::Dataset> FindTrainingImages(client::Client& client, const v1::ModelVersion& model);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_TRAINING_IMAGES_H_
