// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_IMPORT_CALL_H_
#define FACET_SERVER_RPC_IMPORT_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/worker_pool.h"
#include "facet/v1/dataset.pb.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/rpc/call.h"
#include "server/rpc/delay.h"

namespace facet::server {

// Room for so many imports at once, the threads that run them, and how long they
// may say nothing. Thread-safe.
class ImportSlots {
 public:
  // `max_silence`: the longest wait for a message.
  ImportSlots(WorkerPool* workers, int max_imports, absl::Duration max_silence)
      : workers_(workers), max_imports_(max_imports), max_silence_(max_silence) {}

  // RESOURCE_EXHAUSTED (TOO_MANY_IMPORTS, RetryInfo): none is free.
  absl::Status Take();
  void Return() { taken_.fetch_sub(1); }
  WorkerPool* workers() const { return workers_; }
  absl::Duration max_silence() const { return max_silence_; }

 private:
  WorkerPool* const workers_;
  const int max_imports_;
  const absl::Duration max_silence_;
  std::atomic<int> taken_{0};
};

// One DatasetService.ImportDataset: spec, then chunks, then half-close. Each
// message is read only after the one before has been written to the disk, so a
// fast client is held back by the transport. A place is taken for it when its
// first message is there; one that sends none for too long is ended (ABORTED,
// IMPORT_SILENT). A shutdown ends those that wait for their client at once, and
// those that need nothing more from it when the drain time is over.
//
// Owns itself from Launch to OnDone. No lock is held while gRPC is called.
class ImportCall final : public grpc::ServerReadReactor<grpc::ByteBuffer>,
                         public std::enable_shared_from_this<ImportCall> {
 public:
  static ImportCall* Launch(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                            DatasetRegistry* datasets, ImportSlots* slots, grpc::ByteBuffer* response);

 private:
  ImportCall(const RpcEnvironment& environment, grpc::CallbackServerContext* context, DatasetRegistry* datasets,
             ImportSlots* slots, grpc::ByteBuffer* response)
      : call_(environment, context, "facet.v1.DatasetService/ImportDataset"),
        datasets_(datasets),
        slots_(slots),
        response_(response) {}

  void Begin();
  // Asks the client for more, unless the server shuts down.
  void Read() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnReadDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCancel() override { cancelled_.store(true); }
  // The server shuts down; its drain time is over.
  void OnShutdown() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCutOff();
  void OnDone() override;

  // On the workers; one at a time, each after the read before it.
  void TakeMessage();
  absl::Status HandleMessage();
  absl::Status HandleSpec(const v1::ImportSpec& spec);
  void Complete();
  absl::Status CompleteImport();
  // Runs `step` on the workers, or ends the call.
  void Schedule(void (ImportCall::*step)());
  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether nothing but the client's next message is waited for.
  bool WaitsForClient() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return reading_ && starting_ == 0 && !ended_; }
  // Looks after `wait` whether it has been silent for too long.
  void WatchSilence(absl::Duration wait) ABSL_LOCKS_EXCLUDED(mutex_);
  void CheckSilence() ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the call, which is ended_ by now, while nothing but the client is waited
  // for.
  void EndReading(const absl::Status& status);

  Call call_;
  DatasetRegistry* const datasets_;
  ImportSlots* const slots_;
  grpc::ByteBuffer* const response_;
  bool has_slot_ = false;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> cut_off_{false};
  grpc::ByteBuffer bytes_;
  std::unique_ptr<DatasetRegistry::Import> import_;
  std::shared_ptr<ImportCall> self_;  // Launch to OnDone

  absl::Mutex mutex_;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;  // then no step runs
  int starting_ ABSL_GUARDED_BY(mutex_) = 0;      // in StartRead: the call must not end meanwhile
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool shutting_down_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time reading_since_ ABSL_GUARDED_BY(mutex_);
  DelayedWork silence_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_IMPORT_CALL_H_
