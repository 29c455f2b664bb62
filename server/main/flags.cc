// SPDX-License-Identifier: Apache-2.0
#include "server/main/flags.h"

#include <CLI/CLI.hpp>

namespace facet::server {

std::optional<Flags> ParseFlags(int argc, char** argv, int& exit_code) {
  CLI::App app(
      "facetd: trains Generative Cooperative Nets, renders images from feature vectors and streams batches,\n"
      "over gRPC.",
      "facetd");
  app.footer(
      "Signals: SIGTERM and SIGINT drain and end with 0; a second one ends at once.\n"
      "Exit codes: 0 ended as asked; 1 failed; 2 wrong flag or configuration; 3 the state folder cannot be used or\n"
      "another server has it; 4 an address is in use; 5 a device failed.");
  app.set_version_flag("--version", FACET_VERSION);
  Flags flags;
  app.add_option("--config", flags.config, "configuration file, protobuf text (docs/configuration.md)");
  app.add_option("--listen", flags.listen, "host:port (port 0: any free one) or unix:/path; may be repeated");
  app.add_option("--metrics", flags.metrics, "host:port of the Prometheus endpoint, or off");
  app.add_option("--state", flags.state, "folder of all state");
  app.add_option("--data", flags.data, "folder of presets and bundled data");
  app.add_option("--import-root", flags.import_roots, "folder that imports may read; may be repeated");
  app.add_option("--log-level", flags.log_level, "debug, info, warn or error");
  app.add_option("--log-format", flags.log_format, "text or json");
  app.add_flag("--check-config", flags.check_config, "check flags and configuration, start nothing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  return flags;
}

}  // namespace facet::server
