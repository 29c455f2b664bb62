// SPDX-License-Identifier: Apache-2.0
// The commands of `facet`. Each function adds its subcommands to `app`; what a
// subcommand does is set as `run` when it is chosen on the command line.
#ifndef FACET_CLIENT_CLI_COMMANDS_H_
#define FACET_CLIENT_CLI_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "absl/status/status.h"
#include "client/cli/context.h"

namespace facet::cli {

// The chosen command; main runs it once parsing is over.
using Command = std::function<absl::Status()>;

void AddDatasetCommands(CLI::App& app, Context& context, Command& run);
void AddTrainCommand(CLI::App& app, Context& context, Command& run);
void AddEvaluateCommand(CLI::App& app, Context& context, Command& run);
void AddJobsCommands(CLI::App& app, Context& context, Command& run);
void AddModelsCommands(CLI::App& app, Context& context, Command& run);
void AddRenderCommand(CLI::App& app, Context& context, Command& run);
void AddGridCommand(CLI::App& app, Context& context, Command& run);
void AddSweepCommand(CLI::App& app, Context& context, Command& run);
void AddExperimentCommands(CLI::App& app, Context& context, Command& run);
void AddClassifyCommand(CLI::App& app, Context& context, Command& run);
void AddStreamCommand(CLI::App& app, Context& context, Command& run);
void AddStatusCommand(CLI::App& app, Context& context, Command& run);
void AddBenchCommands(CLI::App& app, Context& context, Command& run);
void AddCompletionCommand(CLI::App& app, Context& context, Command& run);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_COMMANDS_H_
