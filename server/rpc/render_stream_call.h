// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_RENDER_STREAM_CALL_H_
#define FACET_SERVER_RPC_RENDER_STREAM_CALL_H_

#include <map>
#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "facet/v1/generation.pb.h"
#include "server/rpc/generation_service.h"
#include "server/rpc/image_job.h"
#include "server/rpc/stream_writer.h"

namespace facet::server {

// One GenerationService.RenderStream: all vectors are checked first, then
// rendered chunk by chunk. A few chunks are on their way at a time, computed or
// waiting for the client, so memory does not grow with the request, and a slow
// client slows the rendering of its own images alone.
class RenderStreamCall final : public StreamWriter {
 public:
  RenderStreamCall(const GenerationParts& parts, grpc::CallbackServerContext* context, const grpc::ByteBuffer* request)
      : StreamWriter(parts.environment, context, "facet.v1.GenerationService/RenderStream", kWindow),
        parts_(parts),
        bytes_(request) {}

 private:
  // Chunks between the engine and the client at the most.
  static constexpr int kWindow = 4;

  void Start() override;
  void OnRoom() override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnOver() override ABSL_LOCKS_EXCLUDED(mutex_);

  // On the workers; on those for models.
  absl::Status Prepare();
  absl::Status LoadAndBegin();
  void Schedule(WorkerPool* workers, absl::Status (RenderStreamCall::*step)());
  // Once there is a model.
  absl::Status BeginChunks();
  absl::Status ChooseChunkSize();

  // Starts chunks while the window has room.
  void StartChunks() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status StartChunk(int chunk) ABSL_LOCKS_EXCLUDED(mutex_);
  // The engine's queue was full: once more a little later.
  void RetryLater(int chunk, absl::Duration delay) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnChunk(int chunk, const std::shared_ptr<ImageJob>& job, const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status EncodeChunk(int chunk, ImageJob& job) ABSL_LOCKS_EXCLUDED(mutex_);
  // Hands finished chunks to the writer, in order.
  void Forward() ABSL_LOCKS_EXCLUDED(mutex_);

  int chunk_count() const { return (request_.vectors_size() + chunk_size_ - 1) / chunk_size_; }
  std::shared_ptr<RenderStreamCall> Self() { return std::static_pointer_cast<RenderStreamCall>(shared_from_this()); }

  const GenerationParts& parts_;
  const grpc::ByteBuffer* const bytes_;
  // Fixed before the first chunk.
  v1::RenderStreamRequest request_;
  ModelHandle model_;
  OutputFormat format_;
  int chunk_size_ = 16;
  absl::Time deadline_;

  absl::Mutex mutex_;
  int next_chunk_ ABSL_GUARDED_BY(mutex_) = 0;  // to start
  int next_send_ ABSL_GUARDED_BY(mutex_) = 0;   // to hand to the writer
  int in_window_ ABSL_GUARDED_BY(mutex_) = 0;   // started, not yet written
  bool forwarding_ ABSL_GUARDED_BY(mutex_) = false;
  bool retry_pending_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<int> put_back_ ABSL_GUARDED_BY(mutex_);  // chunks the engine had no room for
  std::map<int, std::shared_ptr<ImageJob>> running_ ABSL_GUARDED_BY(mutex_);
  std::map<int, grpc::ByteBuffer> ready_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_RENDER_STREAM_CALL_H_
