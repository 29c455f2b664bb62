// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_HELD_OUT_SHEET_H_
#define FACET_CLIENT_CLI_HELD_OUT_SHEET_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/pictures.h"
#include "facet/client/client.h"

namespace facet::cli {

// Images that the model was never trained on: the real one above, the
// rendered one below, up to 12 of each group of held-out cells, as
// ChoosePictures chooses them, upright ones first. FAILED_PRECONDITION: the
// card has no such images. Errors of FindTrainingImages.
absl::StatusOr<Sheet> MakeHeldOutSheet(client::Client& client, const std::string& model);

// Draws the sheet into a picture file.
absl::Status WriteHeldOutSheet(client::Client& client, const std::string& model, const std::string& path);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_HELD_OUT_SHEET_H_
