// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_OPEN_STREAMS_H_
#define FACET_SERVER_RPC_OPEN_STREAMS_H_

#include <cstdint>
#include <functional>
#include <map>

namespace facet::server {

// How many calls are open on each connection of a gRPC server, by gRPC's own
// count of HTTP/2 streams (channelz). Those are among them whose request is still
// on its way: no service hears of a call before all of that is there. Channels
// without a socket are not counted. Thread-compatible.
class OpenStreams {
 public:
  // Of no server: there are none.
  OpenStreams() = default;
  // Of the server that `start` starts, if it does.
  static OpenStreams OfServerFrom(const std::function<void()>& start);

  // By connection; one without any may be left out.
  std::map<int64_t, int> Count() const;

 private:
  explicit OpenStreams(int64_t server) : server_(server) {}
  int64_t server_ = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_OPEN_STREAMS_H_
