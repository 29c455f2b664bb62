// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/mix_sheet.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/pictures.h"

namespace facet::cli {
namespace {

constexpr int kCellPixels = 128;

// One person, or two at equal weights.
v1::FeatureVector VectorOfMix(const v1::FeatureSchema& schema, const std::vector<std::string>& people,
                              const std::string& expression) {
  v1::FeatureVector vector;
  for (const auto& feature : schema.features()) {
    auto* weights = vector.add_features();
    weights->set_feature(feature.name());
    if (feature.name() == "identity") {
      for (const std::string& person : people) {
        auto* weight = weights->add_weights();
        weight->set_class_(person);
        weight->set_weight(1.0F / static_cast<float>(people.size()));
      }
    } else {
      weights->add_weights()->set_class_(feature.name() == "expression" ? expression : feature.classes(0));
    }
  }
  return vector;
}

}  // namespace

cv::Mat LayOutMixes(const std::string& title, const std::vector<std::string>& names,
                    const std::vector<cv::Mat>& parents, const std::vector<cv::Mat>& mixes) {
  Sheet sheet;
  sheet.title = title;
  sheet.column_labels = names;
  sheet.row_labels = {"parents", "mixed", "pixels blended"};
  sheet.columns = static_cast<int>(names.size());
  sheet.cell_pixels = kCellPixels;
  sheet.cells = parents;
  sheet.cells.emplace_back();
  sheet.cells.insert(sheet.cells.end(), mixes.begin(), mixes.end());
  sheet.cells.emplace_back();
  for (size_t i = 1; i < parents.size(); ++i) {
    cv::Mat blend;
    cv::addWeighted(parents[0], 0.5, parents[i], 0.5, 0, blend);
    sheet.cells.push_back(blend);
  }
  return DrawSheet(sheet);
}

absl::StatusOr<cv::Mat> DrawMixes(const RenderSession& session, const MixRequest& request) {
  std::vector<std::string> names = {request.person};
  names.insert(names.end(), request.others.begin(), request.others.end());
  std::vector<v1::FeatureVector> vectors;
  for (const std::string& name : names) vectors.push_back(VectorOfMix(session.schema(), {name}, request.expression));
  for (const std::string& other : request.others) {
    vectors.push_back(VectorOfMix(session.schema(), {request.person, other}, request.expression));
  }
  ASSIGN_OR_RETURN(const std::vector<cv::Mat> pictures, session.Render(vectors));
  const auto middle = pictures.begin() + static_cast<int64_t>(names.size());
  return LayOutMixes(absl::StrCat(session.version().name(), ", ", request.expression, ": ", request.person,
                                  " mixed with each of the others"),
                     names, {pictures.begin(), middle}, {middle, pictures.end()});
}

}  // namespace facet::cli
