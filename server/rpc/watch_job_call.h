// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_WATCH_JOB_CALL_H_
#define FACET_SERVER_RPC_WATCH_JOB_CALL_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "facet/v1/training.pb.h"
#include "server/core/jobs/job_manager.h"
#include "server/rpc/stream_writer.h"

namespace facet::server {

// One TrainingService.WatchTrainingJob. The manager brings events for as long as
// the queue has room, and goes on when a message has gone out: what a slow
// client has not read yet waits in the store, not in memory.
class WatchJobCall final : public StreamWriter {
 public:
  WatchJobCall(const RpcEnvironment& environment, grpc::CallbackServerContext* context, JobManager* jobs,
               const grpc::ByteBuffer* request)
      : StreamWriter(environment, context, "facet.v1.TrainingService/WatchTrainingJob", kCapacity),
        jobs_(jobs),
        bytes_(*request) {}

 private:
  static constexpr size_t kCapacity = 64;

  void Start() override;
  void OnRoom() override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnOver() override;

  // On the workers.
  absl::Status BeginWatch() ABSL_LOCKS_EXCLUDED(mutex_);
  JobWatcher MakeWatcher();
  void OnEvent(const v1::TrainingEvent& event);
  void EndWatch() ABSL_LOCKS_EXCLUDED(mutex_);
  std::shared_ptr<WatchJobCall> Self() { return std::static_pointer_cast<WatchJobCall>(shared_from_this()); }

  JobManager* const jobs_;
  const grpc::ByteBuffer bytes_;
  absl::Mutex mutex_;
  std::optional<int64_t> watch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_WATCH_JOB_CALL_H_
