// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RECOGNISE_VERDICT_H_
#define FACET_MODEL_RECOGNISE_VERDICT_H_

#include <string>
#include <vector>

#include "model/recognise/comparison.h"

namespace facet::model {

// Whether each image was recognised, by one recogniser on one test.
using Hits = std::vector<bool>;

// The figures of one source on one test, `hits` by seed, against those of the
// baseline's same seeds; without `baseline`, of the baseline itself. The
// bootstrap draws alike for one `name` of a test.
Comparison::Test JudgeTest(const std::string& name, const std::vector<Hits>& hits, const std::vector<Hits>* baseline);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_VERDICT_H_
