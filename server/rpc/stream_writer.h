// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_STREAM_WRITER_H_
#define FACET_SERVER_RPC_STREAM_WRITER_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/rpc/call.h"

namespace facet::server {

// The answering half of a server stream: a short bounded queue, one write in
// flight, Finish exactly once. A kind of stream derives from it and says where
// messages come from.
//
// Owns itself from Launch to gRPC's OnDone, and is in flight as long as anybody
// holds it; producers that may outlast the stream hold it by weak_ptr.
// Thread-safe; nothing blocks, no lock is held while gRPC or a hook is called.
class StreamWriter : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                     public std::enable_shared_from_this<StreamWriter> {
 public:
  // Begins the stream: calls Start, unless the call is not admitted. What a
  // handler returns to gRPC.
  static StreamWriter* Launch(std::shared_ptr<StreamWriter> stream);

  // Queues a message. False, with no effect: the queue is full, or the stream
  // is over or closing.
  bool TryWrite(const grpc::ByteBuffer& message) ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the stream, after what is queued where `status` is OK, at once
  // otherwise. The first call counts.
  void Close(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether the queue could take a message.
  bool has_room() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the client is gone or Close was called: producing makes no sense.
  bool over() const ABSL_LOCKS_EXCLUDED(mutex_);

 protected:
  StreamWriter(const RpcEnvironment& environment, grpc::CallbackServerContext* context, absl::string_view method,
               size_t capacity, Call::Kind kind = Call::Kind::kWork)
      : call_(environment, context, method, kind), capacity_(capacity) {}

  // In the handler, on gRPC's thread.
  virtual void Start() = 0;
  // A message has gone out: there is room for another. Not after the end.
  virtual void OnRoom() {}
  // The stream is over, by Close or because the client has gone: let go of what
  // produces. Called once.
  virtual void OnOver() {}

  const RpcEnvironment& environment() const { return call_.environment(); }
  Call& call() { return call_; }

 private:
  void OnWriteDone(bool ok) final;
  void OnCancel() final;
  void OnDone() final;
  void Gone() ABSL_LOCKS_EXCLUDED(mutex_);
  // Starts the next write, or finishes, if it is time.
  void Pump() ABSL_LOCKS_EXCLUDED(mutex_);

  Call call_;
  const size_t capacity_;
  std::shared_ptr<StreamWriter> self_;  // Launch to OnDone

  mutable absl::Mutex mutex_;
  std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> closing_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer current_;  // gRPC's while writing_
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_STREAM_WRITER_H_
