// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_CONFIG_LISTEN_ADDRESS_H_
#define FACET_SERVER_CORE_CONFIG_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::server {

// Where a server listens: `host:port`, `[::1]:port` or `unix:/path`.
struct ListenAddress {
  std::string host;  // without brackets; empty for a socket file
  int port = 0;      // 0: any free one
  std::string path;  // of a socket file, else empty

  bool is_unix() const { return !path.empty(); }
  // The form it was parsed from; brackets only around IPv6 hosts.
  std::string ToString() const;
};

// INVALID_ARGUMENT (field "", reason INVALID_ADDRESS) with an example of a good
// one.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_CONFIG_LISTEN_ADDRESS_H_
