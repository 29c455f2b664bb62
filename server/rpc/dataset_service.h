// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_DATASET_SERVICE_H_
#define FACET_SERVER_RPC_DATASET_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "absl/time/time.h"
#include "base/worker_pool.h"
#include "server/core/datasets/dataset_registry.h"
#include "server/rpc/call.h"

namespace facet::server {

// v1.DatasetService over a DatasetRegistry. Imports run on `import_workers`, at
// most `max_imports` at once, so that they never stand in the way of short
// calls, and end after `max_silence` without a message. All parts outlive the
// service.
std::unique_ptr<grpc::Service> MakeDatasetService(const RpcEnvironment& environment, DatasetRegistry* datasets,
                                                  WorkerPool* import_workers, int max_imports,
                                                  absl::Duration max_silence);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_DATASET_SERVICE_H_
