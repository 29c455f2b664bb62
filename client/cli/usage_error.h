// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_USAGE_ERROR_H_
#define FACET_CLIENT_CLI_USAGE_ERROR_H_

#include <CLI/CLI.hpp>
#include <string>

namespace facet::cli {

// What is wrong with a command line that `app` could not parse, and where help
// is: "facet: there is no command 'rendr'. Did you mean 'render'? …", then
// "  see facet --help". Ends with a line break.
std::string FormatUsageError(const CLI::App& app, const CLI::ParseError& error);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_USAGE_ERROR_H_
