// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_CALL_H_
#define FACET_SERVER_RPC_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/worker_pool.h"
#include "server/core/metrics/metrics.h"
#include "server/rpc/call_gate.h"
#include "server/rpc/log.h"

namespace facet::server {

// What every RPC needs; all outlive all RPCs.
struct RpcEnvironment {
  Clock* clock = nullptr;  // of deadlines and durations: Clock::Steady
  Metrics* metrics = nullptr;
  Log* log = nullptr;
  CallGate* gate = nullptr;
  // For whatever may block: gRPC's threads must not.
  WorkerPool* workers = nullptr;
  // For what waits for others while it does: a model to be loaded, a turn at a
  // classifier. However many wait, calls on `workers` go on.
  WorkerPool* model_workers = nullptr;
  // For Classify, which decodes and computes for long.
  WorkerPool* classify_workers = nullptr;
  // For reading data sets, which checks all of one that is not open.
  WorkerPool* dataset_workers = nullptr;
  // For making training jobs, which may copy hundreds of megabytes. Few, with few
  // places to wait.
  WorkerPool* create_workers = nullptr;
  // Largest message to a client, bytes.
  uint64_t max_message_bytes = uint64_t{64} << 20;
};

// The frame around one RPC, whatever its shape: gives it a request id (the
// client's `x-request-id`, or a new one; returned in the initial metadata), lets
// it through the gate, counts it, and writes its line to the log when it ends.
// A reactor owns one from its handler to OnDone, or to the end of its work where
// that goes on longer. Thread-compatible.
class Call {
 public:
  enum class Kind {
    kWork,
    kHealth,  // answered while shutting down, too, and logged as detail only
  };

  // `method` is like "facet.v1.GenerationService/Render" and lives for ever.
  Call(const RpcEnvironment& environment, grpc::CallbackServerContext* context, absl::string_view method,
       Kind kind = Kind::kWork);

  // Whether to go on; otherwise finish with this.
  const absl::Status& admission() const { return admission_; }
  const RpcEnvironment& environment() const { return environment_; }
  const std::string& request_id() const { return request_id_; }
  // By the environment's clock. InfiniteFuture if the client gave none.
  absl::Time deadline() const { return deadline_; }
  bool cancelled() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return over_ || context_->IsCancelled();
  }
  // DEADLINE_EXCEEDED or CANCELLED, whichever ended a cancelled RPC.
  absl::Status CancellationStatus() const;

  // See CallGate::Pass::OnClose.
  void OnShutdown(std::function<void()> hook) { pass_.OnClose(std::move(hook)); }
  // For every RPC that may last: `hook` ends it with ShuttingDownError, see
  // CallGate::Pass::OnCutOff.
  void OnCutOff(std::function<void()> hook) { pass_.OnCutOff(std::move(hook)); }

  // Counts and logs the RPC as ended and says what to finish it with. Call
  // once, right before Finish.
  grpc::Status End(const absl::Status& status);

  // Cancels the RPC, where it is not over: the client need not take anything.
  void Abort() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (!over_) context_->TryCancel();
  }

  // Lets go of gRPC's context, which goes after OnDone; for reactors whose work
  // may go on. To that work the RPC is cancelled; it is in flight until this goes.
  void OnDone() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    over_ = true;
  }

  // Lets go of the gate, too; for OnDone of reactors that may be held a little
  // longer. The environment is not touched afterwards.
  void Leave() {
    OnDone();
    pass_ = CallGate::Pass();
  }

 private:
  void WriteLog(const absl::Status& status, absl::Duration duration) const;

  const RpcEnvironment environment_;
  grpc::CallbackServerContext* const context_;  // not once over_
  const absl::string_view method_;
  const Kind kind_;
  const absl::Time start_;
  const absl::Time deadline_;
  const std::string request_id_;
  CallGate::Pass pass_;
  absl::Status admission_;
  mutable absl::Mutex mutex_;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_CALL_H_
