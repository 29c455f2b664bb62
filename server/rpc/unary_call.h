// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_UNARY_CALL_H_
#define FACET_SERVER_RPC_UNARY_CALL_H_

#include <google/protobuf/empty.pb.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/rpc/call.h"
#include "server/rpc/wire.h"

namespace facet::server {

// What a unary RPC does; fills the answer. It may look at the call, so as to stop
// when it is no longer waited for.
using UnaryWork = std::function<absl::Status(const Call&, grpc::ByteBuffer*)>;

// Serves a unary RPC whose work may block: runs `work` on `workers`, those of
// the environment where it is null, then finishes with what it returned. Work
// that waits behind others when its client goes is dropped. Where the RPC is cut
// off, work that has begun goes on to its end, of which nobody hears.
grpc::ServerUnaryReactor* ServeOnWorkers(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                                         absl::string_view method, grpc::ByteBuffer* response, UnaryWork work,
                                         WorkerPool* workers = nullptr);

// The same for work on messages: `work` takes a Request, and the call where it
// wants it, and returns StatusOr of the answer, or a Status where the answer is
// empty. A request beyond `limits` is refused unread.
template <typename Request, typename Work>
grpc::ServerUnaryReactor* ServeUnary(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                                     absl::string_view method, const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response, Work work, WorkerPool* workers = nullptr,
                                     const MessageLimits& limits = {}) {
  const uint64_t limit = environment.max_message_bytes;
  return ServeOnWorkers(
      environment, context, method, response,
      // A copy, for the RPC may be over before the work; it shares the bytes.
      [request = *request, limit, limits, work = std::move(work)](const Call& call,
                                                                  grpc::ByteBuffer* answer) -> absl::Status {
        Request message;
        absl::Status decoded = DecodeMessage(request, &message, limits);
        if (!decoded.ok()) return decoded;
        auto result = [&] {
          if constexpr (std::is_invocable_v<const Work&, const Request&, const Call&>) {
            return work(std::as_const(message), call);
          } else {
            static_cast<void>(call);
            return work(std::as_const(message));
          }
        }();
        if constexpr (std::is_same_v<decltype(result), absl::Status>) {
          if (!result.ok()) return result;
          return EncodeMessage(google::protobuf::Empty(), limit, answer);
        } else {
          if (!result.ok()) return result.status();
          return EncodeMessage(*result, limit, answer);
        }
      },
      workers);
}

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_UNARY_CALL_H_
