// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_QUESTION_H_
#define FACET_MODEL_EVALUATE_QUESTION_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "model/features/schema.h"

namespace facet::model {

// What a judge is asked of an image: which group of a feature's classes it
// shows.
struct Question {
  int feature = 0;
  // Empty: the class itself, each a group of its own. Else the part of what the
  // classes say that is asked for, as in v1.FeatureAccuracy.Part.
  std::string part;
  std::vector<int> groups;  // of each class; numbered from 0 on
};

// For every feature in turn: its class, then its parts. A feature has parts
// where all its classes are names of square transforms: "turn" asks how far,
// mirrored or not, "mirroring" whether, turned or not. On a picture that is its
// own mirror image the turn can be told, the mirroring cannot. A part with one
// group, or with a group for each class, is left out.
std::vector<Question> QuestionsOf(const FeatureSchema& schema);

// The group whose classes have the largest sum of probabilities, the first of
// equal ones. `probabilities`: one for each class of the feature.
int Answer(const Question& question, absl::Span<const float> probabilities);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_QUESTION_H_
