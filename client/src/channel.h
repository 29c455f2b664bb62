// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_SRC_CHANNEL_H_
#define FACET_CLIENT_SRC_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>

#include "facet/client/client.h"

namespace facet::client {

// A channel with the limits of `options` and the retries that Client promises.
std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options);

}  // namespace facet::client

#endif  // FACET_CLIENT_SRC_CHANNEL_H_
