// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/question.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "model/image/square_transform.h"

namespace facet::model {
namespace {

// Empty unless each class is one.
std::vector<SquareTransform> TransformsOf(const Feature& feature) {
  std::vector<SquareTransform> transforms;
  for (const std::string& name : feature.classes) {
    const std::optional<SquareTransform> transform = SquareTransformNamed(name);
    if (!transform.has_value()) return {};
    transforms.push_back(*transform);
  }
  return transforms;
}

// Groups classes of equal value, in the order of each group's first class.
std::vector<int> GroupEqual(const std::vector<int>& values) {
  std::vector<int> seen;
  std::vector<int> groups;
  for (const int value : values) {
    const auto found = std::find(seen.begin(), seen.end(), value);
    groups.push_back(static_cast<int>(found - seen.begin()));
    if (found == seen.end()) seen.push_back(value);
  }
  return groups;
}

int CountGroups(const std::vector<int>& groups) { return *std::max_element(groups.begin(), groups.end()) + 1; }

template <typename ValueOf>
void AddPart(int feature, const char* part, const std::vector<SquareTransform>& transforms, ValueOf value_of,
             std::vector<Question>& questions) {
  std::vector<int> values;
  for (const SquareTransform transform : transforms) values.push_back(value_of(transform));
  std::vector<int> groups = GroupEqual(values);
  const int count = CountGroups(groups);
  if (count < 2 || count == static_cast<int>(groups.size())) return;
  questions.push_back({feature, part, std::move(groups)});
}

}  // namespace

std::vector<Question> QuestionsOf(const FeatureSchema& schema) {
  std::vector<Question> questions;
  for (int f = 0; f < schema.size(); ++f) {
    std::vector<int> each(schema.features()[f].classes.size());
    std::iota(each.begin(), each.end(), 0);
    questions.push_back({f, "", std::move(each)});
    const std::vector<SquareTransform> transforms = TransformsOf(schema.features()[f]);
    if (transforms.empty()) continue;
    AddPart(
        f, "turn", transforms, [](SquareTransform t) { return t.quarter_turns; }, questions);
    AddPart(
        f, "mirroring", transforms, [](SquareTransform t) { return t.mirror ? 1 : 0; }, questions);
  }
  return questions;
}

int Answer(const Question& question, absl::Span<const float> probabilities) {
  std::vector<double> sums(CountGroups(question.groups));
  for (size_t k = 0; k < probabilities.size(); ++k) sums[question.groups[k]] += probabilities[k];
  return static_cast<int>(std::max_element(sums.begin(), sums.end()) - sums.begin());
}

}  // namespace facet::model
