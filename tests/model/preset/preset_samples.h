// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_MODEL_PRESET_PRESET_SAMPLES_H_
#define FACET_TESTS_MODEL_PRESET_PRESET_SAMPLES_H_

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/features/schema.h"
#include "model/preset/preset.h"

namespace facet::model {

inline std::vector<std::string> NumberedClasses(int count) {
  std::vector<std::string> classes;
  for (int i = 0; i < count; ++i) classes.push_back(absl::StrCat("c", i));
  return classes;
}

// Shape and colour, 4 and 2 classes.
inline FeatureSchema TinySchema() {
  return FeatureSchema::Create({{"shape", NumberedClasses(4)}, {"colour", {"red", "green"}}}).value();
}

inline FeatureSchema DigitSchema() {
  return FeatureSchema::Create({{"digit", NumberedClasses(10)},
                                {"example", NumberedClasses(100)},
                                {"colour", {"red", "green", "blue"}},
                                {"rotation", NumberedClasses(4)}})
      .value();
}

// The paper's: 70 people, 4 expressions, 8 transforms.
inline FeatureSchema FaceSchema() {
  return FeatureSchema::Create(
             {{"identity", NumberedClasses(70)}, {"expression", NumberedClasses(4)}, {"transform", NumberedClasses(8)}})
      .value();
}

// 3 -> 6 -> 12 pixels, everything small, nothing left to a default.
inline v1::Preset TinyPreset() {
  return ParsePreset(
             R"pb(
               name: "tiny"
               generator {
                 feature_width: 5
                 feature_widths { feature: "colour" width: 3 }
                 joint_widths: 7
                 base_size: 3
                 base_channels: 4
                 layers { out_channels: 6 kernel: 4 padding: 1 }
                 layers { out_channels: 3 kernel: 4 padding: 1 }
                 image_size: 12
                 leaky_slope: 0.1
               }
               classifier {
                 blocks { out_channels: 4 kernel: 3 padding: 1 pool_kernel: 2 pool_stride: 2 }
                 blocks { out_channels: 5 kernel: 3 padding: 1 }
                 head_widths: 8
                 leaky_slope: 0.2
                 dropout: 0.5
                 feature_loss_block: 1
               }
               training {
                 steps: 10
                 batch_size: 4
                 seed: 7
                 update_rule: UPDATE_RULE_REAL
                 pixel_weight: 1
                 class_weight: 10
                 feature_loss_weight: 0.5
                 learning_rate: 1e-3
                 classifier_learning_rate: 5e-4
                 beta1: 0.8
                 beta2: 0.9
                 epsilon: 1e-7
                 schedule { kind: SCHEDULE_KIND_STEP interval: 4 factor: 0.25 floor: 1e-5 warmup_steps: 2 }
                 classifier_warmup_steps: 3
                 classifier_interval: 2
                 mix_share: 0.5
                 mix_feature: "colour"
                 checkpoint_interval: 5
                 threads: 2
               }
               judge { steps: 6 batch_size: 3 learning_rate: 2e-3 }
             )pb",
             "tiny")
      .value();
}

inline std::string BundledPresets() {
  const char* root = std::getenv("FACET_SOURCE_DIR");
  return absl::StrCat(root == nullptr ? "." : root, "/data/presets");
}

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_PRESET_PRESET_SAMPLES_H_
