// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_MODEL_AUGMENT_RECIPES_H_
#define FACET_TESTS_MODEL_AUGMENT_RECIPES_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "facet/v1/augmentation.pb.h"
#include "model/features/schema.h"
#include "tests/proto/from_text.h"

namespace facet::model {

// Names "p0", "p1", ...
inline std::vector<std::string> Names(const std::string& prefix, int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(absl::StrCat(prefix, i));
  return names;
}

// `identity` with `people` classes p0, p1, ... and `expression` with
// `expressions` classes e0, e1, ...
inline FeatureSchema FaceSchema(int people, int expressions) {
  return FeatureSchema::Create({{"identity", Names("p", people)}, {"expression", Names("e", expressions)}}).value();
}

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_AUGMENT_RECIPES_H_
