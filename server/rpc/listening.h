// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_LISTENING_H_
#define FACET_SERVER_RPC_LISTENING_H_

#include "absl/status/status.h"
#include "server/core/config/listen_address.h"

namespace facet::server {

// Whether an address can be listened on now, by trying: gRPC itself says no more
// than that it failed, and would take a socket file away from a server that
// uses it. Nothing is left behind; who comes in between still wins.
//
// UNAVAILABLE (ADDRESS_IN_USE), PERMISSION_DENIED (ADDRESS_DENIED),
// INVALID_ARGUMENT (no such host or interface), each with the address in the
// message.
absl::Status CheckCanListen(const ListenAddress& address);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_LISTENING_H_
