// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_HELD_OUT_SHEET_H_
#define FACET_CLIENT_CLI_HELD_OUT_SHEET_H_

#include <string>

#include "absl/status/status.h"
#include "facet/client/client.h"
#include "facet/v1/report.pb.h"

namespace facet::cli {

// Draws images that the model was never trained on: the real one above, the
// rendered one below, for each group of held-out cells. FAILED_PRECONDITION: the
// card has no such images, or their data set is gone.
absl::Status WriteHeldOutSheet(client::Client& client, const std::string& model, const std::string& path);

// "held out by rule 'expression': real", beside the real images of a group.
std::string RealRowLabel(const v1::HeldOutReport& group);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_HELD_OUT_SHEET_H_
