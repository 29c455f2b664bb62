// SPDX-License-Identifier: Apache-2.0
// Checks of what stands on the command line that CLI11 has not.
#ifndef FACET_CLIENT_CLI_OPTION_CHECKS_H_
#define FACET_CLIENT_CLI_OPTION_CHECKS_H_

#include <CLI/CLI.hpp>
#include <string>

namespace facet::cli {

// Has `option` take a path, of a "FILE" or a "DIR": any bytes, but at least one.
// Returns it.
CLI::Option* TakesPath(CLI::Option* option, const std::string& kind = "FILE");

// A finite number in [low, high]; CLI::Range lets NaN through.
CLI::Validator NumberIn(double low, double high);

// Seconds that are waited: more than 0, a year at the most.
CLI::Validator Seconds();

// Throws CLI::ValidationError where a value that `app` has parsed, of an option
// or of none, is not UTF-8 and no path: no request could have it.
void CheckUtf8(const CLI::App& app);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_OPTION_CHECKS_H_
