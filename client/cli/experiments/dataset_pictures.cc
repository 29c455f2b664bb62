// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/dataset_pictures.h"

#include <algorithm>
#include <cstddef>

#include "base/random.h"
#include "base/status_macros.h"
#include "client/cli/pictures.h"

namespace facet::cli {
namespace {

constexpr int64_t kImagesLookedAt = 96;
constexpr size_t kMaxPictures = 256;
constexpr size_t kReadAtOnce = 16;  // large ones fit into a message, too

}  // namespace

std::vector<int64_t> SomeIndices(int64_t size) {
  std::vector<int64_t> indices;
  if (size == 0) return indices;
  const IndexPermutation order(size, 0, "couples", 0);
  for (int64_t i = 0; i < std::min(size, kImagesLookedAt); ++i) indices.push_back(static_cast<int64_t>(order(i)));
  std::sort(indices.begin(), indices.end());
  return indices;
}

absl::StatusOr<std::vector<DatasetPicture>> ReadDatasetPictures(client::Client& client, const std::string& dataset,
                                                                const std::vector<int64_t>& indices) {
  const size_t count = std::min(indices.size(), kMaxPictures);
  std::vector<DatasetPicture> pictures;
  for (size_t begin = 0; begin < count; begin += kReadAtOnce) {
    const auto first = indices.begin() + static_cast<std::ptrdiff_t>(begin);
    v1::ReadDatasetImagesRequest request;
    request.set_name(dataset);
    request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
    request.mutable_indices()->Add(first, first + static_cast<std::ptrdiff_t>(std::min(kReadAtOnce, count - begin)));
    ASSIGN_OR_RETURN(const v1::ReadDatasetImagesResponse response, client.ReadDatasetImages(request));
    for (const auto& image : response.images()) {
      ASSIGN_OR_RETURN(const std::vector<cv::Mat> decoded, DecodeImages(image.image()));
      pictures.push_back({{image.classes().begin(), image.classes().end()}, decoded.at(0)});
    }
  }
  return pictures;
}

}  // namespace facet::cli
