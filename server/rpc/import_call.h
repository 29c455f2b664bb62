// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_IMPORT_CALL_H_
#define FACET_SERVER_RPC_IMPORT_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "base/worker_pool.h"
#include "facet/v1/dataset.pb.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/rpc/call.h"

namespace facet::server {

// Room for so many imports at once, and the threads that run them.
// Thread-safe.
class ImportSlots {
 public:
  ImportSlots(WorkerPool* workers, int max_imports) : workers_(workers), max_imports_(max_imports) {}

  // RESOURCE_EXHAUSTED (TOO_MANY_IMPORTS, RetryInfo): none is free.
  absl::Status Take();
  void Return() { taken_.fetch_sub(1); }
  WorkerPool* workers() const { return workers_; }

 private:
  WorkerPool* const workers_;
  const int max_imports_;
  std::atomic<int> taken_{0};
};

// One DatasetService.ImportDataset: spec, then chunks, then half-close. Each
// message is read only after the one before has been written to the disk, so a
// fast client is held back by the transport. Deletes itself in OnDone.
class ImportCall final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
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
  ~ImportCall() override;

  void Begin();
  void OnReadDone(bool ok) override;
  void OnCancel() override { cancelled_.store(true); }
  void OnDone() override { delete this; }

  // On the workers; one at a time, each after the read before it.
  void TakeMessage();
  absl::Status HandleMessage();
  absl::Status HandleSpec(const v1::ImportSpec& spec);
  void Complete();
  absl::Status CompleteImport();
  // Runs `step` on the workers, or ends the call.
  void Schedule(void (ImportCall::*step)());
  void End(const absl::Status& status) { Finish(call_.End(status)); }

  Call call_;
  DatasetRegistry* const datasets_;
  ImportSlots* const slots_;
  grpc::ByteBuffer* const response_;
  bool has_slot_ = false;
  std::atomic<bool> cancelled_{false};
  grpc::ByteBuffer bytes_;
  std::unique_ptr<DatasetRegistry::Import> import_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_IMPORT_CALL_H_
