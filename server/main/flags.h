// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_FLAGS_H_
#define FACET_SERVER_MAIN_FLAGS_H_

#include <optional>
#include <string>
#include <vector>

namespace facet::server {

// The command line of facetd. What is set here goes over the configuration
// file.
struct Flags {
  std::string config;
  std::vector<std::string> listen;
  std::optional<std::string> metrics;
  std::optional<std::string> state;
  std::optional<std::string> data;
  std::optional<std::string> log_level;
  std::optional<std::string> log_format;
  std::vector<std::string> import_roots;
  bool check_config = false;
};

// Nothing where --help, --version or an error ends the program; `exit_code` is
// then what to return.
std::optional<Flags> ParseFlags(int argc, char** argv, int& exit_code);

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_FLAGS_H_
