// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/pair_sheet.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/experiments/dataset_pictures.h"
#include "client/cli/pictures.h"

namespace facet::cli {
namespace {

constexpr int kCellPixels = 84;
constexpr int kGap = 2;
const cv::Scalar kPaper(255, 255, 255);

cv::Mat DrawPair(const ImagePair& pair) {
  const cv::Mat above = Enlarge(pair.synthetic, kCellPixels);
  const cv::Mat below = Enlarge(pair.real, kCellPixels);
  cv::Mat cell(above.rows + kGap + below.rows, std::max(above.cols, below.cols), CV_8UC3, kPaper);
  above.copyTo(cell(cv::Rect(0, 0, above.cols, above.rows)));
  below.copyTo(cell(cv::Rect(0, above.rows + kGap, below.cols, below.rows)));
  return cell;
}

std::vector<ImagePair> ChoosePairs(const v1::FeatureSchema& schema, std::vector<ImagePair> pairs, size_t count,
                                   Upright upright) {
  std::vector<std::vector<std::string>> classes;
  for (const ImagePair& pair : pairs) classes.push_back(pair.classes);
  std::vector<ImagePair> chosen;
  for (const size_t i : ChoosePictures(schema, classes, count, upright)) chosen.push_back(std::move(pairs[i]));
  return chosen;
}

}  // namespace

absl::StatusOr<std::vector<ImagePair>> MakePairs(client::Client& client, const RenderSession& session,
                                                 const std::string& dataset, const std::vector<int64_t>& indices,
                                                 size_t count, Upright upright) {
  ASSIGN_OR_RETURN(std::vector<DatasetPicture> real, ReadDatasetPictures(client, dataset, indices));
  std::vector<ImagePair> pairs;
  std::vector<v1::FeatureVector> vectors;
  for (DatasetPicture& image : real) {
    pairs.push_back({std::move(image.classes), image.picture, {}});
  }
  pairs = ChoosePairs(session.schema(), std::move(pairs), count, upright);
  for (const ImagePair& pair : pairs) vectors.push_back(VectorOf(session.schema(), pair.classes));
  ASSIGN_OR_RETURN(const std::vector<cv::Mat> rendered, session.Render(vectors));
  for (size_t i = 0; i < pairs.size(); ++i) pairs[i].synthetic = rendered[i];
  return pairs;
}

std::vector<PairGroup> GroupPairs(const v1::FeatureSchema& schema, int index, std::vector<ImagePair> pairs,
                                  size_t longest, Upright upright) {
  std::map<std::string, std::vector<ImagePair>> by_class;
  for (ImagePair& pair : pairs) by_class[pair.classes.at(index)].push_back(std::move(pair));
  std::vector<PairGroup> groups;
  for (const std::string& name : schema.features(index).classes()) {
    const auto found = by_class.find(name);
    if (found == by_class.end()) continue;
    groups.push_back({name, ChoosePairs(schema, std::move(found->second), longest, upright)});
  }
  return groups;
}

cv::Mat DrawPairs(const std::string& title, const std::vector<PairGroup>& groups, int max_columns) {
  size_t longest = 1;
  for (const PairGroup& group : groups) longest = std::max(longest, group.pairs.size());
  const int columns = std::min(static_cast<int>(longest), max_columns);
  Sheet sheet;
  sheet.title = title;
  sheet.columns = columns;
  sheet.cell_pixels = 0;  // the pairs are large enough
  for (const PairGroup& group : groups) {
    for (size_t i = 0; i < group.pairs.size(); ++i) {
      if (i % columns == 0) sheet.row_labels.push_back(group.label);
      sheet.cells.push_back(DrawPair(group.pairs[i]));
      sheet.captions.push_back(absl::StrJoin(group.pairs[i].classes, " "));
    }
    while (sheet.cells.size() % columns != 0) {
      sheet.cells.emplace_back();
      sheet.captions.emplace_back();
    }
  }
  return DrawSheet(sheet);
}

}  // namespace facet::cli
