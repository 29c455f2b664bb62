// SPDX-License-Identifier: Apache-2.0
#include "client/cli/training_options.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file_system.h"
#include "base/status_macros.h"

namespace facet::cli {

absl::Status SetPreset(const std::string& name, const std::string& file, v1::TrainingSpec& spec) {
  if (name.empty() == file.empty()) {
    return absl::InvalidArgumentError("give either --preset NAME or --preset-file FILE");
  }
  if (!name.empty()) {
    spec.set_preset(name);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string text, FileSystem::Posix()->ReadFile(file));
  if (google::protobuf::TextFormat::ParseFromString(text, spec.mutable_inline_preset())) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", file, "' is no preset in protobuf text form"));
}

absl::Status SetOverrides(const std::vector<std::string>& texts, int steps, int64_t seed,
                          v1::TrainingOptions& overrides) {
  const std::string text = absl::StrJoin(texts, "\n");
  if (!google::protobuf::TextFormat::ParseFromString(text, &overrides)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--override '", text, "' is not understood; write a field of TrainingOptions, such as 'learning_rate: 1e-3'"));
  }
  if (steps > 0) overrides.set_steps(steps);
  if (seed >= 0) overrides.set_seed(seed);
  return absl::OkStatus();
}

}  // namespace facet::cli
