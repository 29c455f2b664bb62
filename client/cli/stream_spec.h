// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_STREAM_SPEC_H_
#define FACET_CLIENT_CLI_STREAM_SPEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/yaml_message.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::cli {

// A v1.StreamSpec from a file, and where in it each field stands.
struct SpecFile {
  v1::StreamSpec spec;
  std::string path;
  FieldLines lines;
};

// Reads YAML (.yaml, .yml), JSON (.json), also where those are in capitals, or
// protobuf text (any other name).
// INVALID_ARGUMENT names every mistake, one a line: "recipe.yaml:12:
// recipe.features[1].pairs.beta: ..."; of protobuf text, and of what is no YAML or
// JSON at all, the first.
absl::StatusOr<SpecFile> ReadSpecFile(const std::string& path);

// What a server said of the spec, with the line of the field in front where
// the file has it, or the field that it lies in. Of several mistakes each has a
// line of its own, be there a file or not; where a server tells no more, a last
// line says that there may be more.
absl::Status LocateInFile(const absl::Status& status, const SpecFile& file);

// "colour" or "colour:0.5" (fixed ratio), "colour:0.3-0.7" (range),
// "colour:beta=0.4": all unordered pairs of that feature.
absl::StatusOr<v1::FeatureRecipe> ParseMix(const std::string& text);

// "digit=1,2,3": these classes only; "digit=3:0.5,8:0.5": this mix only.
absl::StatusOr<v1::FeatureRecipe> ParseOnly(const std::string& text);

// "digits:0.25": a quarter of the images are real ones of that data set.
absl::StatusOr<v1::RealImages> ParseReal(const std::string& text);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_STREAM_SPEC_H_
