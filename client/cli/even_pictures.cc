// SPDX-License-Identifier: Apache-2.0
#include "client/cli/even_pictures.h"

#include <algorithm>
#include <set>

#include "base/even_choice.h"

namespace facet::cli {
namespace {

// Whether the classes of a feature are names of square transforms.
bool IsTransform(const v1::Feature& feature) {
  static const auto& names = *new std::set<std::string>{"r0", "r90", "r180", "r270", "m0", "m90", "m180", "m270"};
  return std::all_of(feature.classes().begin(), feature.classes().end(),
                     [](const std::string& name) { return names.contains(name); });
}

int IndexOf(const v1::Feature& feature, const std::string& name) {
  return static_cast<int>(std::find(feature.classes().begin(), feature.classes().end(), name) -
                          feature.classes().begin());
}

// 0 for upright images.
int TurnOf(const std::string& transform) { return transform == "r0" ? 0 : transform == "m0" ? 1 : 2; }

EvenCandidate CandidateOf(const v1::FeatureSchema& schema, const std::vector<std::string>& classes, Upright upright) {
  EvenCandidate candidate;
  for (int f = 0; f < schema.features_size(); ++f) {
    const int index = IndexOf(schema.features(f), classes.at(f));
    candidate.classes.push_back(index);
    if (upright == Upright::kFirst && IsTransform(schema.features(f))) {
      candidate.preference += TurnOf(classes[f]);
    } else {
      candidate.subject.push_back(index);
    }
  }
  return candidate;
}

}  // namespace

std::vector<size_t> ChoosePictures(const v1::FeatureSchema& schema,
                                   const std::vector<std::vector<std::string>>& classes, size_t count,
                                   Upright upright) {
  std::vector<EvenCandidate> candidates;
  candidates.reserve(classes.size());
  for (const auto& of_image : classes) candidates.push_back(CandidateOf(schema, of_image, upright));
  std::vector<size_t> chosen = ChooseEvenly(candidates, count);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace facet::cli
