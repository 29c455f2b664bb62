// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_FEATURES_SCHEMA_DIFFERENCE_H_
#define FACET_MODEL_FEATURES_SCHEMA_DIFFERENCE_H_

#include <string>

#include "model/features/schema.h"

namespace facet::model {

// The first thing in which `other` differs from `schema`, in words that go on
// after "it has ": "no feature 'colour'", "4 classes of 'colour' and not 3",
// "class 'pink' of 'colour' and not 'red'". Empty where they are equal.
std::string DescribeDifference(const FeatureSchema& schema, const FeatureSchema& other);

}  // namespace facet::model

#endif  // FACET_MODEL_FEATURES_SCHEMA_DIFFERENCE_H_
