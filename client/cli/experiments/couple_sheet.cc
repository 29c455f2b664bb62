// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/couple_sheet.h"

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/experiments/dataset_pictures.h"
#include "client/cli/pictures.h"

namespace facet::cli {
namespace {

constexpr int kCellPixels = 96;

using Classes = std::vector<std::string>;

Classes Without(Classes classes, int feature) {
  classes.erase(classes.begin() + feature);
  return classes;
}

// Images that are alike but for `mixed`, and how far they are used.
struct Alike {
  std::vector<size_t> images;
  size_t next = 0;
};

// The next image and the first one after it of another class of `mixed`, which
// then are used, with those between them.
std::optional<std::pair<size_t, size_t>> TakeCouple(const std::vector<Classes>& classes, int mixed, Alike& alike) {
  if (alike.next >= alike.images.size()) return std::nullopt;
  const size_t first = alike.images[alike.next];
  for (size_t i = alike.next + 1; i < alike.images.size(); ++i) {
    if (classes[alike.images[i]][mixed] == classes[first][mixed]) continue;
    alike.next = i + 1;
    return std::pair(first, alike.images[i]);
  }
  alike.next = alike.images.size();
  return std::nullopt;
}

int IndexOfIdentity(const v1::FeatureSchema& schema) {
  int index = 0;
  while (index < schema.features_size() && schema.features(index).name() != "identity") ++index;
  return index;
}

v1::FeatureVector HalfOfEach(const v1::FeatureSchema& schema, const Classes& classes, int mixed,
                             const std::string& other) {
  v1::FeatureVector vector = VectorOf(schema, classes);
  auto* weights = vector.mutable_features(mixed);
  weights->add_weights()->set_class_(other);
  for (auto& weight : *weights->mutable_weights()) weight.set_weight(0.5F);
  return vector;
}

}  // namespace

std::vector<std::pair<size_t, size_t>> ChooseCouples(const std::vector<Classes>& classes, int mixed, int count) {
  std::map<Classes, Alike> by_others;
  for (size_t i = 0; i < classes.size(); ++i) by_others[Without(classes[i], mixed)].images.push_back(i);
  std::vector<std::pair<size_t, size_t>> couples;
  for (bool found = true; found;) {
    found = false;
    for (auto& [others, alike] : by_others) {
      if (static_cast<int>(couples.size()) == count) return couples;
      const auto couple = TakeCouple(classes, mixed, alike);
      if (!couple.has_value()) continue;
      couples.push_back(*couple);
      found = true;
    }
  }
  return couples;
}

absl::StatusOr<std::vector<Couple>> MakeCouples(client::Client& client, const RenderSession& session,
                                                const v1::Dataset& dataset, int count) {
  ASSIGN_OR_RETURN(const std::vector<DatasetPicture> pictures,
                   ReadDatasetPictures(client, dataset.name(), SomeIndices(dataset.image_count())));
  std::vector<Classes> classes;
  for (const DatasetPicture& picture : pictures) classes.push_back(picture.classes);
  const int identity = IndexOfIdentity(dataset.schema());
  std::vector<Couple> couples;
  std::vector<v1::FeatureVector> vectors;
  for (const auto& [first, second] : ChooseCouples(classes, identity, count)) {
    const std::string& other = classes[second][identity];
    couples.push_back({classes[first][identity],
                       other,
                       absl::StrJoin(Without(classes[first], identity), " "),
                       pictures[first].picture,
                       pictures[second].picture,
                       {}});
    vectors.push_back(HalfOfEach(dataset.schema(), classes[first], identity, other));
  }
  if (couples.empty()) return couples;
  ASSIGN_OR_RETURN(const std::vector<cv::Mat> mixes, session.Render(vectors));
  for (size_t i = 0; i < couples.size(); ++i) couples[i].mix = mixes[i];
  return couples;
}

cv::Mat DrawCouples(const std::string& title, const std::vector<Couple>& couples) {
  Sheet sheet;
  sheet.title = title;
  sheet.columns = static_cast<int>(couples.size());
  sheet.cell_pixels = kCellPixels;
  sheet.row_labels = {"original", "original", "half of each"};
  for (const Couple& couple : couples) sheet.column_labels.push_back(couple.others);
  const auto add = [&](const cv::Mat& picture, const std::string& caption) {
    sheet.cells.push_back(picture);
    sheet.captions.push_back(caption);
  };
  for (const Couple& couple : couples) add(couple.first, couple.first_name);
  for (const Couple& couple : couples) add(couple.second, couple.second_name);
  for (const Couple& couple : couples) add(couple.mix, absl::StrCat(couple.first_name, " + ", couple.second_name));
  return DrawSheet(sheet);
}

}  // namespace facet::cli
