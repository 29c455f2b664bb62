// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_CLASSIFIER_JUDGE_H_
#define FACET_SERVER_CORE_STREAMS_CLASSIFIER_JUDGE_H_

#include "server/core/models/model_registry.h"
#include "server/core/streams/image_judge.h"

namespace facet::server {

// Judges by the classifiers of the registry's models, which outlives it. Images
// are shown one by one, so that what is said of one depends on no other.
JudgeProvider JudgeByModels(ModelRegistry* models);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_CLASSIFIER_JUDGE_H_
