// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/command.h"

#include <utility>

#include "base/process.h"
#include "tests/base/temp_dir.h"
#include "tests/end_to_end/server_process.h"

namespace facet {

CommandResult RunCommand(std::vector<std::string> argv, std::vector<std::string> environment) {
  const TempDir folder;
  ProcessOptions options;
  options.argv = {"/bin/sh",
                  "-c",
                  R"(out=$1 err=$2; shift 2; exec "$@" >"$out" 2>"$err" </dev/null)",
                  "sh",
                  folder / "out",
                  folder / "err",
                  ProgramPath(argv.at(0))};
  options.argv.insert(options.argv.end(), argv.begin() + 1, argv.end());
  options.environment = std::move(environment);
  auto process = ProcessLauncher::Posix()->Launch(options);
  if (!process.ok()) return {127, "", process.status().ToString()};
  const ProcessExit exit = (*process)->Wait();
  return {exit.signal != 0 ? 128 + exit.signal : exit.exit_code, TempDir::Read(folder / "out"),
          TempDir::Read(folder / "err")};
}

}  // namespace facet
