// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_DATASET_PICTURES_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_DATASET_PICTURES_H_

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "facet/client/client.h"

namespace facet::cli {

struct DatasetPicture {
  std::vector<std::string> classes;  // in schema order
  cv::Mat picture;
};

// Up to 96 indices of images to choose pictures from, ascending: drawn, since
// those at equal distances may all show one person. A pure function of `size`.
std::vector<int64_t> SomeIndices(int64_t size);

// Real images by their indices, the first 256 of them. Errors of the server.
absl::StatusOr<std::vector<DatasetPicture>> ReadDatasetPictures(client::Client& client, const std::string& dataset,
                                                                const std::vector<int64_t>& indices);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_DATASET_PICTURES_H_
