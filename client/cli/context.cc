// SPDX-License-Identifier: Apache-2.0
#include "client/cli/context.h"

#include "base/status_macros.h"

namespace facet::cli {

client::ClientOptions Context::Options() const {
  client::ClientOptions options;
  if (!server.empty()) options.address = server;
  options.timeout = absl::Seconds(timeout_seconds);
  options.max_message_bytes = max_message_mib << 20;
  return options;
}

absl::StatusOr<client::Client*> Context::Connect() {
  if (client_ == nullptr) {
    ASSIGN_OR_RETURN(client_, client::Client::Create(Options()));
  }
  return client_.get();
}

}  // namespace facet::cli
