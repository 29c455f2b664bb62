// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_COUPLE_SHEET_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_COUPLE_SHEET_H_

#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/rendering.h"
#include "facet/client/client.h"
#include "facet/v1/dataset.pb.h"

namespace facet::cli {

// Real images of two people, alike in all else, and what a model makes of half
// of each.
struct Couple {
  std::string first_name;
  std::string second_name;
  std::string others;  // classes of the other features: "HA"
  cv::Mat first;
  cv::Mat second;
  cv::Mat mix;
};

// Which of some images, whose classes are given in schema order, make couples:
// two that differ in feature number `mixed` alone. Up to `count`, from the
// different combinations of the other classes in turn, no image in two of them.
std::vector<std::pair<size_t, size_t>> ChooseCouples(const std::vector<std::vector<std::string>>& classes, int mixed,
                                                     int count);

// Up to `count` couples among up to 96 images of the data set, which has a
// feature `identity`; they are drawn, the same each time. For a model with the
// same features. Errors of the server.
absl::StatusOr<std::vector<Couple>> MakeCouples(client::Client& client, const RenderSession& session,
                                                const v1::Dataset& dataset, int count);

// A column for each couple: the two real images, and the mix below them.
cv::Mat DrawCouples(const std::string& title, const std::vector<Couple>& couples);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_COUPLE_SHEET_H_
