// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/cli/commands.h"
#include "client/cli/context.h"
#include "client/cli/exit_code.h"
#include "client/cli/help_formatter.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/shown_text.h"
#include "client/cli/terminal.h"
#include "client/cli/usage_error.h"

namespace facet::cli {
namespace {

// Pictures are OpenCV's, which throws; nothing else here does.
absl::Status Run(const Command& command) {
  try {
    return command();
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

// As it could be typed again: words with anything special in quotes.
std::string ShellCommand(int argc, char** argv) {
  std::vector<std::string> words = {"facet"};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
      return absl::ascii_isalnum(c) || c >= 0x80 || absl::StrContains("-_=./,:@+", static_cast<char>(c));
    });
    words.push_back(plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'"));
  }
  return absl::StrJoin(words, " ");
}

// The exit code. What was printed may not have arrived, which shows only here.
int End(absl::Status status) {
  status.Update(FlushOutput());
  if (!status.ok()) PrintError(status);
  return ExitCode(status);
}

int Main(int argc, char** argv) {
  // A reader that went away (`facet … | head`) is no reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  // protobuf's own lines would stand between ours; what matters comes as a status.
  google::protobuf::SetLogHandler(nullptr);

  CLI::App app("facet: train Generative Cooperative Nets, render images from feature vectors, stream batches.",
               "facet");
  app.formatter(std::make_shared<HelpFormatter>(OutputColumns()));  // commands get it when they are added
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", FACET_VERSION, "print the version");
  Context context;
  context.command_line = Utf8Text(ShellCommand(argc, argv));
  app.add_option("--server", context.server, "host:port or unix:/path of facetd (default 127.0.0.1:8470)")
      ->envname("FACET_SERVER");
  app.add_flag("--json", context.json, "print JSON, nothing else, on standard output");
  app.add_option("--timeout", context.timeout_seconds, "seconds for each call")
      ->capture_default_str()
      ->check(Seconds());
  app.add_option("--max-message-mib", context.max_message_mib, "largest message either way, MiB")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.get_option("--server")->type_name("ADDR");
  app.get_option("--timeout")->type_name("SECONDS");
  app.get_option("--max-message-mib")->type_name("N");

  Command run;
  AddDatasetCommands(app, context, run);
  AddTrainCommand(app, context, run);
  AddEvaluateCommand(app, context, run);
  AddJobsCommands(app, context, run);
  AddModelsCommands(app, context, run);
  AddRenderCommand(app, context, run);
  AddGridCommand(app, context, run);
  AddSweepCommand(app, context, run);
  AddExperimentCommands(app, context, run);
  AddClassifyCommand(app, context, run);
  AddStreamCommand(app, context, run);
  AddStatusCommand(app, context, run);
  AddBenchCommands(app, context, run);
  AddCompletionCommand(app, context, run);
  app.footer(kExitCodeHelp);  // last, or each command would repeat it

  try {
    app.parse(argc, argv);
    CheckUtf8(app);
  } catch (const CLI::Success& asked) {
    app.exit(asked);  // --help, --version
    return End(absl::OkStatus());
  } catch (const CLI::ParseError& error) {
    std::fputs(ShownText(FormatUsageError(app, error)).c_str(), stderr);
    return kExitUsage;
  }
  return End(Run(run));
}

}  // namespace
}  // namespace facet::cli

int main(int argc, char** argv) { return facet::cli::Main(argc, argv); }
