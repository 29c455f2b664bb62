// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_END_TO_END_COMMAND_H_
#define FACET_TESTS_END_TO_END_COMMAND_H_

#include <string>
#include <vector>

namespace facet {

// What a program left behind.
struct CommandResult {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Runs a program of the build to its end, e.g. {"facet", "status"}. A program
// that a signal ends has the exit code 128 + signal.
CommandResult RunCommand(std::vector<std::string> argv, std::vector<std::string> environment = {});

}  // namespace facet

#endif  // FACET_TESTS_END_TO_END_COMMAND_H_
