// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "client/cli/commands.h"
#include "client/cli/context.h"
#include "client/cli/exit_code.h"

int main(int argc, char** argv) {
  using namespace facet::cli;
  // A reader that went away (`facet … | head`) is an ordinary write error.
  std::signal(SIGPIPE, SIG_IGN);

  CLI::App app("facet: train Generative Cooperative Nets, render images from feature vectors, stream batches.",
               "facet");
  app.footer(kExitCodeHelp);
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", FACET_VERSION);
  Context context;
  app.add_option("--server", context.server, "host:port or unix:/path of facetd (default 127.0.0.1:8470)")
      ->envname("FACET_SERVER");
  app.add_flag("--json", context.json, "print JSON, nothing else, on standard output");
  app.add_option("--timeout", context.timeout_seconds, "seconds for each call")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);

  Command run;
  AddDatasetCommands(app, context, run);
  AddTrainCommand(app, context, run);
  AddJobsCommands(app, context, run);
  AddModelsCommands(app, context, run);
  AddRenderCommand(app, context, run);
  AddGridCommand(app, context, run);
  AddSweepCommand(app, context, run);
  AddClassifyCommand(app, context, run);
  AddStreamCommand(app, context, run);
  AddStatusCommand(app, context, run);
  AddBenchCommands(app, context, run);
  AddCompletionCommand(app, context, run);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kExitUsage;
  }
  const absl::Status status = run();
  if (!status.ok()) PrintError(status);
  return ExitCode(status);
}
