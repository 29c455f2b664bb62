// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_BATCH_STREAM_CALL_H_
#define FACET_SERVER_RPC_BATCH_STREAM_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "facet/v1/augmentation.pb.h"
#include "server/core/streams/batch_stream.h"
#include "server/rpc/call.h"

namespace facet::server {

// One AugmentationService.StreamBatches. Pulls: a batch is asked for only when
// there is credit and the one before has gone to the transport, so an idle or
// slow client costs no computing, no thread, and no memory beyond the batch in
// the transport and the one that the stream may have ready behind it.
//
// Owns itself from Launch to OnDone. No lock is held while gRPC or the stream
// is called.
class BatchStreamCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                              public std::enable_shared_from_this<BatchStreamCall> {
 public:
  static BatchStreamCall* Launch(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                                 BatchStreamFactory* streams);

 private:
  BatchStreamCall(const RpcEnvironment& environment, grpc::CallbackServerContext* context, BatchStreamFactory* streams)
      : call_(environment, context, "facet.v1.AugmentationService/StreamBatches"), streams_(streams) {}

  void Begin();
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCancel() override;
  void OnDone() override;

  absl::Status HandleMessage();
  absl::Status HandleStart(const v1::StreamStart& start) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status HandleCredit(int32_t credit) ABSL_LOCKS_EXCLUDED(mutex_);
  void HandleHalfClose() ABSL_LOCKS_EXCLUDED(mutex_);
  // On the workers for models.
  void Open(const v1::StreamStart& start) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether it is to stop; then the opening is over.
  bool NoLongerWanted() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnBatch(absl::StatusOr<StreamBatch> batch) ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the RPC as soon as nothing is in flight; the first call counts.
  void Stop(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);
  // Does what is next: asks for a batch, or finishes, or nothing.
  void Pump() ABSL_LOCKS_EXCLUDED(mutex_);
  void Conclude(std::shared_ptr<BatchStream> stream, const absl::Status& status);
  bool MayAsk() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Call call_;
  BatchStreamFactory* const streams_;
  std::shared_ptr<BatchStreamCall> self_;  // Launch to OnDone
  grpc::ByteBuffer incoming_;              // gRPC's while a read is open
  grpc::ByteBuffer outgoing_;              // gRPC's while busy_

  absl::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  // A batch is computed or written, or the stream is opened.
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool limited_ ABSL_GUARDED_BY(mutex_) = false;  // the client counts credit
  int64_t credit_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<absl::Status> stopping_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<BatchStream> stream_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_BATCH_STREAM_CALL_H_
