// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/commands.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

// Words that may follow `app`: its subcommands and long options.
std::string Words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(sub->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return absl::StrJoin(words, " ");
}

// Paths of all commands below `app`, as bash patterns.
void AppendPaths(const CLI::App& app, const std::string& path, std::vector<std::string>& paths) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    paths.push_back(absl::StrCat(path, path.empty() ? "" : " ", sub->get_name()));
    AppendPaths(*sub, std::string(paths.back()), paths);
  }
}

void AppendCases(const CLI::App& app, const std::string& path, std::string& script) {
  absl::StrAppend(&script, "    '", path, "') words='", Words(app), "' ;;\n");
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    AppendCases(*sub, absl::StrCat(path, path.empty() ? "" : " ", sub->get_name()), script);
  }
}

// One function serves both shells: zsh runs bash completions through
// bashcompinit. The path is made of the words that name commands; others are
// values of options. Where no word fits, files are offered.
std::string Script(const CLI::App& app, bool zsh) {
  std::vector<std::string> paths;
  AppendPaths(app, "", paths);
  std::string script = zsh ? "#compdef facet\nautoload -U +X bashcompinit && bashcompinit\n" : "";
  absl::StrAppend(&script, "_facet() {\n  local current=\"${COMP_WORDS[COMP_CWORD]}\" path='' next word words=''\n",
                  "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    next=\"${path:+$path }$word\"\n",
                  "    case \"$next\" in\n      '", absl::StrJoin(paths, "' | '"), "') path=\"$next\" ;;\n",
                  "    esac\n  done\n  case \"$path\" in\n");
  AppendCases(app, "", script);
  absl::StrAppend(&script, "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n",
                  "complete -o default -F _facet facet\n");
  return script;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, Context& /*context*/, Command& run) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for bash or zsh");
  command->footer("Example: facet completion bash > /etc/bash_completion.d/facet");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&app, &run, shell] {
    run = [&app, shell] {
      PrintLine(Script(app, *shell == "zsh"));
      return absl::OkStatus();
    };
  });
}

}  // namespace facet::cli
