// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EVEN_PICTURES_H_
#define FACET_CLIENT_CLI_EVEN_PICTURES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "facet/v1/feature.pb.h"

namespace facet::cli {

enum class Upright {
  kAny,
  // Of images that are alike but for their square transforms one that is upright
  // comes first: `r0`, else `m0`.
  kFirst
};

// Which of some images a sheet shows, at most `count`, ascending: classes of
// every feature come as evenly as can be (base/even_choice.h). `classes` holds
// those of each image, in the order of the schema's features.
std::vector<size_t> ChoosePictures(const v1::FeatureSchema& schema,
                                   const std::vector<std::vector<std::string>>& classes, size_t count, Upright upright);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EVEN_PICTURES_H_
