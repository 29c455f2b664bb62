// SPDX-License-Identifier: Apache-2.0
#include "server/main/command_line.h"

#include <CLI/CLI.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "server/core/config/server_config.h"

namespace facet::server {
namespace {

struct Flags {
  std::string config;
  std::vector<std::string> listen;
  std::string metrics;
  std::string state;
  std::string data;
  std::string log_level;
  std::vector<std::string> import_roots;
  bool check_config = false;
};

// Lines of at most 80 columns behind the 30 of the flags.
constexpr char kFooter[] =
    "Flags win over the configuration file, and that over the defaults named here.\n"
    "Exit codes: 0 ended as asked, 1 a fault inside, 2 flags, configuration or data\n"
    "folder, 3 the state folder cannot be used, 4 an address cannot be listened on,\n"
    "5 the compute device failed.";

void Declare(CLI::App& app, Flags& flags) {
  app.footer(kFooter);
  app.add_option("--config", flags.config, "Configuration, as docs/configuration.md has it")->type_name("FILE");
  app.add_option("--listen", flags.listen,
                 "host:port (port 0: any free one) or\nunix:/path (default 127.0.0.1:8470); may be\nrepeated")
      ->type_name("ADDR")
      ->allow_extra_args(false);
  app.add_option("--metrics", flags.metrics, "host:port of the Prometheus endpoint, or\n'off' (default 127.0.0.1:8471)")
      ->type_name("ADDR");
  app.add_option("--state", flags.state, "Folder of all state (default facet-state)")->type_name("DIR");
  app.add_option("--data", flags.data, "Folder of presets and bundled data (default:\nthat of this program)")
      ->type_name("DIR");
  app.add_option("--log-level", flags.log_level, "debug, info, warn or error (default info)")->type_name("LEVEL");
  app.add_option("--import-root", flags.import_roots,
                 "Folder that ImportDataset may read from; may\nbe repeated, adds to the configuration's")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.add_flag("--check-config", flags.check_config, "Check flags and configuration, then end");
  app.set_version_flag("--version", "facetd " FACET_VERSION);
}

void Override(const std::string& flag, std::string& option) {
  if (!flag.empty()) option = flag;
}

absl::StatusOr<ServerOptions> OptionsOf(const Flags& flags, FileSystem& file_system) {
  ServerOptions options;
  if (!flags.config.empty()) {
    ASSIGN_OR_RETURN(options, ReadServerConfig(file_system, flags.config));
  }
  if (!flags.listen.empty()) options.listen = flags.listen;
  Override(flags.metrics, options.metrics);
  Override(flags.state, options.state_dir);
  Override(flags.data, options.data_dir);
  Override(flags.log_level, options.log.level);
  options.import_roots.insert(options.import_roots.end(), flags.import_roots.begin(), flags.import_roots.end());
  RETURN_IF_ERROR(options.Validate());
  return options;
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv, FileSystem& file_system) {
  CLI::App app("Serves Facet: trains Generative Cooperative Nets, keeps models, renders images,\nstreams batches.\n",
               "facetd");
  Flags flags;
  Declare(app, flags);
  CommandLine line;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.print = app.help();
    return line;
  } catch (const CLI::CallForVersion& version) {
    line.print = absl::StrCat(version.what(), "\n");
    return line;
  } catch (const CLI::Error& error) {
    return WithReason(absl::InvalidArgumentError(absl::StrCat(error.what(), "; see facetd --help")), "INVALID_FLAG");
  }
  line.check_only = flags.check_config;
  ASSIGN_OR_RETURN(line.options, OptionsOf(flags, file_system));
  return line;
}

}  // namespace facet::server
