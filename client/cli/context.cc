// SPDX-License-Identifier: Apache-2.0
#include "client/cli/context.h"

#include <utility>

#include "base/status_macros.h"

namespace facet::cli {

absl::StatusOr<client::Client*> Context::Connect() {
  if (client_ == nullptr) {
    client::ClientOptions options;
    if (!server.empty()) options.address = server;
    options.timeout = absl::Seconds(timeout_seconds);
    ASSIGN_OR_RETURN(client_, client::Client::Create(std::move(options)));
  }
  return client_.get();
}

}  // namespace facet::cli
