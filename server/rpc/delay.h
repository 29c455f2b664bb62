// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_DELAY_H_
#define FACET_SERVER_RPC_DELAY_H_

#include <functional>

#include "absl/time/time.h"

namespace facet::server {

// Calls `work` once on a thread of gRPC's, `delay` from now; it must not block.
// No thread waits meanwhile.
void RunAfter(absl::Duration delay, std::function<void()> work);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_DELAY_H_
