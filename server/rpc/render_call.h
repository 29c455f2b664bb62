// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_RENDER_CALL_H_
#define FACET_SERVER_RPC_RENDER_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "facet/v1/generation.pb.h"
#include "server/rpc/generation_service.h"
#include "server/rpc/image_job.h"

namespace facet::server {

// One GenerationService.Render. A small request for a model in memory is checked
// on gRPC's own thread and queued at once; a large one, or one whose alias must
// be looked up, goes over the workers, and one whose model must be loaded over
// those for models. No thread waits while images are computed.
//
// Owns itself from Launch to OnDone, and on while its tasks run. Finish is called
// once, by whoever ends it first.
class RenderCall final : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<RenderCall> {
 public:
  static RenderCall* Launch(const GenerationParts& parts, grpc::CallbackServerContext* context,
                            const grpc::ByteBuffer* request, grpc::ByteBuffer* response);

 private:
  RenderCall(const GenerationParts& parts, grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
             grpc::ByteBuffer* response)
      : parts_(parts),
        call_(parts.environment, context, "facet.v1.GenerationService/Render"),
        bytes_(*request),
        response_(response) {}

  void Begin();
  // On gRPC's thread; on the workers; on those for models.
  absl::Status BeginHere();
  absl::Status BeginOnWorkers();
  absl::Status LoadAndBegin();
  absl::Status Schedule(WorkerPool* workers, absl::Status (RenderCall::*step)());
  absl::Status Decode();
  absl::Status StartJob(const ModelHandle& model);
  void OnImages(absl::Status status);
  absl::Status WriteAnswer(grpc::ByteBuffer* answer);
  void OnCancel() override { DropJob(); }
  void DropJob() ABSL_LOCKS_EXCLUDED(mutex_);
  void CutOff();
  void OnDone() override;
  void End(const absl::Status& status, grpc::ByteBuffer* answer = nullptr);

  const GenerationParts& parts_;
  Call call_;
  const grpc::ByteBuffer bytes_;      // a copy that shares the bytes, for the RPC may be over before its tasks
  grpc::ByteBuffer* const response_;  // gRPC's; not once ended_
  std::atomic<bool> ended_{false};
  v1::RenderRequest request_;
  std::string model_version_;
  std::shared_ptr<RenderCall> self_;  // Launch to OnDone

  absl::Mutex mutex_;
  std::shared_ptr<ImageJob> job_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_RENDER_CALL_H_
