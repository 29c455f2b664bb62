// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_COMMAND_LINE_H_
#define FACET_SERVER_MAIN_COMMAND_LINE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "server/core/config/server_options.h"

namespace facet::server {

// What facetd was asked to do.
struct CommandLine {
  // Configuration file, then flags over it; validated.
  ServerOptions options;
  // --check-config: say whether the configuration is good and end.
  bool check_only = false;
  // --help, --version: print this and end.
  std::optional<std::string> print;
};

// INVALID_ARGUMENT (also for a bad configuration file): what is wrong and with
// which flag or field. Errors of FileSystem for the file.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv, FileSystem& file_system);

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_COMMAND_LINE_H_
