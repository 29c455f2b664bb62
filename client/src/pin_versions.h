// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_SRC_PIN_VERSIONS_H_
#define FACET_CLIENT_SRC_PIN_VERSIONS_H_

#include "facet/v1/augmentation.pb.h"

namespace facet::client {

// Has `spec` ask for the versions that `answer`, a batch of its stream or the
// stream's description, tells of: an alias may move, a data set or judge get a
// new version; a stream keeps its own. What is not told stays as it is.
template <typename Answer>
void PinVersions(const Answer& answer, v1::StreamSpec& spec) {
  if (!answer.model_version().empty()) spec.set_model(answer.model_version());
  if (!answer.dataset_version().empty()) spec.mutable_recipe()->mutable_real()->set_dataset(answer.dataset_version());
  if (answer.judge_versions_size() != spec.recipe().filter().confidence_size()) return;
  for (int i = 0; i < answer.judge_versions_size(); ++i) {
    spec.mutable_recipe()->mutable_filter()->mutable_confidence(i)->set_judge(answer.judge_versions(i));
  }
}

}  // namespace facet::client

#endif  // FACET_CLIENT_SRC_PIN_VERSIONS_H_
