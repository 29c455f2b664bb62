// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_REFLECTION_COUNT_H_
#define FACET_SERVER_RPC_REFLECTION_COUNT_H_

#include <grpcpp/support/server_interceptor.h>

#include <atomic>
#include <memory>

namespace facet::server {

// How many streams of reflection are open. They are gRPC's own, pass no gate, and
// last as long as their client likes. Thread-safe; outlives the server.
class ReflectionCount {
 public:
  // To be given to the server.
  std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeObserver();

  int open() const { return open_.load(); }

 private:
  std::atomic<int> open_{0};
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_REFLECTION_COUNT_H_
