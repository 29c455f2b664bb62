// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_WATCH_JOB_CALL_H_
#define FACET_SERVER_RPC_WATCH_JOB_CALL_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "facet/v1/training.pb.h"
#include "server/core/jobs/job_manager.h"
#include "server/rpc/stream_writer.h"

namespace facet::server {

// One TrainingService.WatchTrainingJob. The manager pushes events; a client that
// reads more slowly than a job makes them is not served from memory without
// end: once the queue is full events are let pass, and when it has drained the
// watch begins anew after the last event that was queued.
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
  void OnRoom() override { ResumeIfDrained(); }
  void OnOver() override;

  // On the workers.
  void Decode();
  void BeginWatch();
  void Rewatch();

  void OnEvent(const v1::TrainingEvent& event);
  void OnWatchDone(const absl::Status& status);
  void ResumeIfDrained() ABSL_LOCKS_EXCLUDED(mutex_);
  // Takes the id of the watch, so that it is ended once.
  std::optional<int64_t> TakeWatch() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnWorkers(void (WatchJobCall::*step)());
  std::shared_ptr<WatchJobCall> Self() { return std::static_pointer_cast<WatchJobCall>(shared_from_this()); }

  JobManager* const jobs_;
  const grpc::ByteBuffer bytes_;

  absl::Mutex mutex_;
  v1::WatchTrainingJobRequest request_ ABSL_GUARDED_BY(mutex_);  // after_revision moves on
  std::optional<int64_t> watch_ ABSL_GUARDED_BY(mutex_);
  bool lagging_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_WATCH_JOB_CALL_H_
