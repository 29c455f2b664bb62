// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_PAIR_SHEET_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_PAIR_SHEET_H_

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/even_pictures.h"
#include "client/cli/rendering.h"
#include "facet/client/client.h"
#include "facet/v1/dataset.pb.h"

namespace facet::cli {

// A real image and the one a model makes of its classes.
struct ImagePair {
  std::vector<std::string> classes;  // in schema order
  cv::Mat real;
  cv::Mat synthetic;
};

// Reads images of the data set and renders the classes of at most `count` of
// them, as ChoosePictures chooses. Errors of the server.
absl::StatusOr<std::vector<ImagePair>> MakePairs(client::Client& client, const RenderSession& session,
                                                 const std::string& dataset, const std::vector<int64_t>& indices,
                                                 size_t count, Upright upright);

// Pairs that go in one band of the sheet.
struct PairGroup {
  std::string label;
  std::vector<ImagePair> pairs;
};

// The pairs by their class of feature number `index` of the schema, in the order
// of its classes, at most `longest` of each, as ChoosePictures chooses them;
// groups without pairs are left out.
std::vector<PairGroup> GroupPairs(const v1::FeatureSchema& schema, int index, std::vector<ImagePair> pairs,
                                  size_t longest, Upright upright);

// As figures 5 to 7 of the paper: bands of two rows, synthetic images above the
// real ones, with the classes below each pair. The sheet is as wide as the
// longest group, but at most `max_columns`; a longer group goes on in the next
// band.
cv::Mat DrawPairs(const std::string& title, const std::vector<PairGroup>& groups, int max_columns);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_PAIR_SHEET_H_
