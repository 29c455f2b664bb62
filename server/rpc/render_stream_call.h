// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_RENDER_STREAM_CALL_H_
#define FACET_SERVER_RPC_RENDER_STREAM_CALL_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/byte_budget.h"
#include "facet/v1/generation.pb.h"
#include "server/rpc/delay.h"
#include "server/rpc/generation_service.h"
#include "server/rpc/image_job.h"
#include "server/rpc/stream_writer.h"

namespace facet::server {

// One GenerationService.RenderStream: all vectors are checked first, then
// rendered chunk by chunk. A few chunks are on their way at a time, computed or
// waiting for the client, so a slow client slows the rendering of its own images
// alone. Its vectors and those chunks are taken from a budget that all streams
// share. One whose client takes nothing for too long is closed and gives them
// back, but for the message on its way, which goes when the client has taken
// nothing for as long again and the RPC is aborted.
class RenderStreamCall final : public StreamWriter {
 public:
  RenderStreamCall(const GenerationParts& parts, grpc::CallbackServerContext* context, const grpc::ByteBuffer* request)
      : StreamWriter(parts.environment, context, "facet.v1.GenerationService/RenderStream", kWindow),
        parts_(parts),
        bytes_(*request) {}

 private:
  // Chunks between the engine and the client at the most.
  static constexpr int kWindow = 4;

  // What is rendered: fixed once the chunks begin, held by whoever works on it.
  struct Input {
    int chunk_count() const { return (request.vectors_size() + chunk_size - 1) / chunk_size; }

    v1::RenderStreamRequest request;
    ModelHandle model;
    OutputFormat format;
    int chunk_size = 16;
    ByteBudget::Share memory;  // of the vectors, later also of a full window of images
  };
  using InputPtr = std::shared_ptr<const Input>;

  void Start() override;
  void OnRoom() override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnOver() override ABSL_LOCKS_EXCLUDED(mutex_);

  // On the workers; on those for models.
  absl::Status Prepare();
  absl::Status LoadAndBegin(const std::shared_ptr<Input>& input);
  void Schedule(WorkerPool* workers, std::function<absl::Status(RenderStreamCall&)> step);
  // Once there is a model.
  absl::Status BeginChunks(const std::shared_ptr<Input>& input) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status ChooseChunkSize(Input& input) const;
  // In place of what it has. RESOURCE_EXHAUSTED (reason TOO_MANY_STREAMS).
  absl::Status TakeMemory(size_t bytes, Input& input) const;
  static size_t BytesInWindow(const Input& input);

  // Starts chunks while the window has room.
  void StartChunks() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status StartChunk(const InputPtr& input, int chunk) ABSL_LOCKS_EXCLUDED(mutex_);
  // The engine's queue was full: once more a little later.
  void RetryLater(int chunk, absl::Duration delay) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnChunk(const Input& input, int chunk, const std::shared_ptr<ImageJob>& job, const absl::Status& status)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status EncodeChunk(const Input& input, int chunk, ImageJob& job) ABSL_LOCKS_EXCLUDED(mutex_);
  // Hands finished chunks to the writer, in order.
  void Forward() ABSL_LOCKS_EXCLUDED(mutex_);
  // Looks after `wait` whether the client takes what there is for it, and so on.
  void WatchClient(absl::Duration wait) ABSL_LOCKS_EXCLUDED(mutex_);
  void CheckClient() ABSL_LOCKS_EXCLUDED(mutex_);

  std::shared_ptr<RenderStreamCall> Self() { return std::static_pointer_cast<RenderStreamCall>(shared_from_this()); }

  const GenerationParts& parts_;  // outlives all RPCs
  // A copy, which shares the bytes: the RPC may be over, and gRPC's request gone,
  // before Prepare has read it.
  grpc::ByteBuffer bytes_;
  absl::Time deadline_;

  absl::Mutex mutex_;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  InputPtr input_ ABSL_GUARDED_BY(mutex_);  // from the first chunk until over_
  int chunk_count_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time moved_ ABSL_GUARDED_BY(mutex_);  // a message, to the writer or from it
  DelayedWork patience_ ABSL_GUARDED_BY(mutex_);
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
