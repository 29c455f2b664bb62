// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_PRESET_PRESET_H_
#define FACET_MODEL_PRESET_PRESET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "facet/v1/preset.pb.h"
#include "model/features/schema.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Reads a preset from protobuf text. INVALID_ARGUMENT names line and column.
absl::StatusOr<v1::Preset> ParsePreset(absl::string_view text, absl::string_view file_name);

// Presets of a folder (`<name>.textproto`), by name. NOT_FOUND for an unknown name
// suggests the nearest.
absl::StatusOr<v1::Preset> FindPreset(FileSystem& file_system, const std::string& folder, absl::string_view name);
// All of them, sorted by name.
absl::StatusOr<std::vector<v1::Preset>> ListPresets(FileSystem& file_system, const std::string& folder);

// `overrides` over `base`, field by field where present; repeated fields
// replace. A schedule with a kind replaces the base's; one without changes the
// fields that it sets to other than 0. Where steps are overridden, the base's
// warm-ups last a quarter of them at most, unless `overrides` has its own.
v1::TrainingOptions MergeTrainingOptions(const v1::TrainingOptions& base, const v1::TrainingOptions& overrides);

// The same where a field is not 0.
v1::JudgeOptions MergeJudgeOptions(const v1::JudgeOptions& base, const v1::JudgeOptions& overrides);

// Solves and checks every size for square images of `image_size` pixels with
// the features of `schema`. INVALID_ARGUMENT with the field path below the
// preset ("generator.layers[2].kernel", "training.learning_rate"); an
// impossible size names the nearest possible ones. `image_size` 0 means the
// preset's own; another than the preset's is solved for. A feature that
// `feature_weights` names with weight 0 gets no head in the classifier.
absl::StatusOr<NetPlan> ResolvePreset(const v1::Preset& preset, const FeatureSchema& schema, int image_size);

// Sentences for people about settings that are allowed but probably not meant:
// a schedule whose rate becomes too small for float32 to notice, kernels that
// draw a checkerboard, a judge that has nothing to judge.
std::vector<std::string> PresetWarnings(const NetPlan& plan);

// `preset` as it was resolved: sizes solved, every training option and default
// written out. Resolving it again gives `plan`. For the card of a model.
v1::Preset ResolvedPreset(const v1::Preset& preset, const NetPlan& plan, const FeatureSchema& schema);

}  // namespace facet::model

#endif  // FACET_MODEL_PRESET_PRESET_H_
