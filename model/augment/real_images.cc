// SPDX-License-Identifier: Apache-2.0
#include "model/augment/real_images.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

__extension__ typedef unsigned __int128 Wide;

// Of one feature of the data set: which classes may be shown, and where the
// model has them.
struct Column {
  std::vector<bool> wanted;     // by class
  std::vector<int32_t> places;  // by class, in the dense vector; -1: not in the model. Empty: not a feature of it
};

std::vector<Column> AllWanted(const FeatureSchema& dataset) {
  std::vector<Column> columns;
  for (const Feature& feature : dataset.features())
    columns.push_back({std::vector<bool>(feature.classes.size(), true), {}});
  return columns;
}

absl::Status FindPlaces(const FeatureSchema& model, const FeatureSchema& dataset, std::vector<Column>& columns) {
  for (int f = 0; f < model.size(); ++f) {
    const Feature& feature = model.features()[f];
    const auto found = dataset.FindFeature(feature.name);
    if (!found.ok()) {
      return WithReason(absl::FailedPreconditionError(
                            absl::StrCat("the data set has no feature '", feature.name, "', which the model has")),
                        "SCHEMA_MISMATCH");
    }
    Column& column = columns[*found];
    for (const std::string& name : dataset.features()[*found].classes) {
      const auto place = std::find(feature.classes.begin(), feature.classes.end(), name);
      column.places.push_back(place == feature.classes.end()
                                  ? -1
                                  : model.offset(f) + static_cast<int32_t>(place - feature.classes.begin()));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadOnly(const v1::RealImages& recipe, const FeatureSchema& dataset, std::vector<Column>& columns) {
  Mistakes mistakes;
  std::set<int> features;
  for (int i = 0; i < recipe.only_size() && !mistakes.full(); ++i) {
    const v1::ClassFilter& filter = recipe.only(i);
    const std::string path = absl::StrCat("only[", i, "]");
    if (filter.classes().empty()) {
      mistakes.Add(InvalidField(absl::StrCat(path, ".classes"), "MISSING_CLASSES", "name at least one class"));
    }
    int feature = 0;
    if (!mistakes.Take(dataset.FindFeature(filter.feature()), feature, absl::StrCat(path, ".feature"))) continue;
    if (!features.insert(feature).second) {
      mistakes.Add(
          InvalidField(absl::StrCat(path, ".feature"), "DUPLICATE_FEATURE",
                       absl::StrCat("feature '", filter.feature(), "' comes twice; name all its classes in one")));
    }
    std::vector<bool> wanted(columns[feature].wanted.size());
    for (int c = 0; c < filter.classes_size() && !mistakes.full(); ++c) {
      int found = 0;
      const std::string place = absl::StrCat(path, ".classes[", c, "]");
      if (!mistakes.Take(dataset.FindClass(feature, filter.classes(c)), found, place)) continue;
      if (wanted[found]) {
        mistakes.Add(
            InvalidField(place, "DUPLICATE_CLASS", absl::StrCat("class '", filter.classes(c), "' is listed twice")));
      }
      wanted[found] = true;
    }
    columns[feature].wanted = std::move(wanted);
  }
  return mistakes.ToStatus();
}

}  // namespace

absl::StatusOr<RealImages> RealImages::Create(const v1::RealImages& recipe, const FeatureSchema& model,
                                              const FeatureSchema& dataset, int64_t count, Labels labels) {
  std::vector<Column> columns = AllWanted(dataset);
  Mistakes mistakes;
  mistakes.Add(FindPlaces(model, dataset, columns));
  mistakes.Add(ReadOnly(recipe, dataset, columns));
  RETURN_IF_ERROR(mistakes.ToStatus());
  RealImages real;
  real.features_ = model.size();
  std::vector<int32_t> places;
  for (int64_t i = 0; i < count; ++i) {
    places.clear();
    const absl::Span<const uint16_t> row = labels(i);
    bool wanted = true;
    for (size_t f = 0; f < columns.size() && wanted; ++f) {
      wanted = columns[f].wanted[row[f]];
      if (columns[f].places.empty()) continue;
      places.push_back(columns[f].places[row[f]]);
      wanted = wanted && places.back() >= 0;
    }
    if (!wanted) continue;
    real.images_.push_back(i);
    real.places_.insert(real.places_.end(), places.begin(), places.end());
  }
  if (!real.images_.empty()) return real;
  return InvalidField("only", "NO_IMAGES", "no image of the data set has the classes that are wanted and the model's");
}

void RealImages::Write(int64_t i, absl::Span<float> dense) const {
  std::fill(dense.begin(), dense.end(), 0.0f);
  for (size_t f = 0; f < features_; ++f) dense[places_[i * features_ + f]] = 1;
}

Interleaving::Interleaving(int64_t rendered, double share)
    : rendered_(rendered),
      real_(std::max<int64_t>(1, std::llround(static_cast<double>(rendered) * share / (1 - share)))) {}

int64_t Interleaving::RealBefore(int64_t place) const {
  return static_cast<int64_t>(static_cast<Wide>(place) * static_cast<Wide>(real_) / static_cast<Wide>(size()));
}

}  // namespace facet::model
