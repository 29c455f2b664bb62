// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_SPLIT_H_
#define FACET_MODEL_DATA_SPLIT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace facet::model {

// Images of a data set, parted into what training sees and what each rule
// keeps from it. Indices ascend.
struct Split {
  struct HeldOut {
    std::string rule;
    std::vector<int64_t> images;
  };
  std::vector<int64_t> train;
  std::vector<HeldOut> held_out;  // in the order of the rules
};

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_SPLIT_H_
