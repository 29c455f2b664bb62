// SPDX-License-Identifier: Apache-2.0
// A data set and nets so small that a test trains them in a second.
#ifndef FACET_TESTS_MODEL_TRAIN_TINY_WORLD_H_
#define FACET_TESTS_MODEL_TRAIN_TINY_WORLD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/data/dataset.h"
#include "model/data/split.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Features of the tiny data set, by index.
inline constexpr int kSide = 0;    // left, right: where the bar stands
inline constexpr int kColour = 1;  // red, green, blue
inline constexpr int kShade = 2;   // 4 brightnesses
inline constexpr int kTinyImages = 2 * 3 * 4;
inline constexpr int kTinySize = 8;

// A new folder, unique to the call.
std::string MakeTempDir();

// Writes one 8 x 8 image of each combination of classes, in label order, shade
// fastest, into the new folder `path`.
void WriteTinyDataset(const std::string& path);
std::unique_ptr<Dataset> MakeTinyDataset();

// Everything but the images `missing`, which form the group "gone".
Split SplitWithout(const std::vector<int64_t>& missing);

// Nets of a few thousand parameters: 40 steps of 8 images, judge of 60 steps.
NetPlan TinyPlan();

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_TRAIN_TINY_WORLD_H_
