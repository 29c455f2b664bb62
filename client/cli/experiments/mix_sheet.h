// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_MIX_SHEET_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_MIX_SHEET_H_

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/rendering.h"

namespace facet::cli {

// One person with others.
struct MixRequest {
  std::string person;
  std::vector<std::string> others;
  std::string expression;
};

// Renders the person, the others, and each of them mixed with the person at 0.5
// and 0.5, and draws them as figure 8 of the paper: the parents in the first
// row, below each the mix with the person, below that the plain blend of the two
// parents' pixels. Features other than identity and expression are of their
// first class. Errors of the server.
absl::StatusOr<cv::Mat> DrawMixes(const RenderSession& session, const MixRequest& request);

// The same of pictures: `parents` begins with the person, `mixes` has one for
// each of the others. All are of one size.
cv::Mat LayOutMixes(const std::string& title, const std::vector<std::string>& names,
                    const std::vector<cv::Mat>& parents, const std::vector<cv::Mat>& mixes);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_MIX_SHEET_H_
