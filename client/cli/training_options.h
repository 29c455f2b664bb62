// SPDX-License-Identifier: Apache-2.0
// Parts of a TrainingSpec that commands take as options.
#ifndef FACET_CLIENT_CLI_TRAINING_OPTIONS_H_
#define FACET_CLIENT_CLI_TRAINING_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// Sets the preset of `spec`: `name`, one of the server's, or what `file` holds
// in protobuf text form. INVALID_ARGUMENT: not exactly one is given, or the file
// is no preset. Errors of the file system.
absl::Status SetPreset(const std::string& name, const std::string& file, v1::TrainingSpec& spec);

// Reads fields of TrainingOptions ("learning_rate: 1e-3"); `steps` of 0 and a
// `seed` below 0 leave theirs alone. INVALID_ARGUMENT: a text is no such field.
absl::Status SetOverrides(const std::vector<std::string>& texts, int steps, int64_t seed,
                          v1::TrainingOptions& overrides);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_TRAINING_OPTIONS_H_
