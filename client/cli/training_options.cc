// SPDX-License-Identifier: Apache-2.0
#include "client/cli/training_options.h"

#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "client/cli/text_message.h"

namespace facet::cli {

absl::Status SetPreset(const std::string& name, const std::string& file, v1::TrainingSpec& spec) {
  if (name.empty() == file.empty()) {
    return absl::InvalidArgumentError("give either --preset NAME or --preset-file FILE");
  }
  if (!name.empty()) {
    if (name.find_first_of("./") != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", name, "' cannot be the name of a preset; give a file with --preset-file"));
    }
    spec.set_preset(name);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string text, FileSystem::Posix()->ReadFile(file));
  return ParseTextMessage(text, file, *spec.mutable_inline_preset());
}

absl::Status SetOverrides(const std::vector<std::string>& texts, int steps, int64_t seed,
                          v1::TrainingOptions& overrides) {
  for (const std::string& text : texts) {
    v1::TrainingOptions fields;
    RETURN_IF_ERROR(ParseTextMessage(text, absl::StrCat("--override '", text, "'"), fields));
    overrides.MergeFrom(fields);
  }
  if (steps > 0) overrides.set_steps(steps);
  if (seed >= 0) overrides.set_seed(seed);
  return absl::OkStatus();
}

}  // namespace facet::cli
