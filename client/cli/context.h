// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_CONTEXT_H_
#define FACET_CLIENT_CLI_CONTEXT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "facet/client/client.h"

namespace facet::cli {

// What every command has: the global options, and the connection, made when a
// command first asks for it. Not thread-safe.
class Context {
 public:
  std::string server;           // --server; FACET_SERVER in the environment
  bool json = false;            // --json: machine-readable output only
  double timeout_seconds = 60;  // --timeout
  std::string command_line;     // as typed, for reports

  // The connection. Errors of Client::Create.
  absl::StatusOr<client::Client*> Connect();

 private:
  std::unique_ptr<client::Client> client_;
};

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_CONTEXT_H_
