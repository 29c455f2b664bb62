// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_STREAM_SPEC_H_
#define FACET_CLIENT_CLI_STREAM_SPEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::cli {

// Reads a v1.StreamSpec from a file: JSON where the name ends in .json, else
// protobuf text. INVALID_ARGUMENT with the parser's words.
absl::StatusOr<v1::StreamSpec> ReadStreamSpec(const std::string& path);

// "colour" or "colour:0.5" (fixed ratio), "colour:0.3-0.7" (range),
// "colour:beta=0.4": all unordered pairs of that feature.
absl::StatusOr<v1::FeatureRecipe> ParseMix(const std::string& text);

// "digit=1,2,3": these classes only; "digit=3:0.5,8:0.5": this mix only.
absl::StatusOr<v1::FeatureRecipe> ParseOnly(const std::string& text);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_STREAM_SPEC_H_
