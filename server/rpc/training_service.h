// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_TRAINING_SERVICE_H_
#define FACET_SERVER_RPC_TRAINING_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/core/jobs/job_manager.h"
#include "server/core/models/model_registry.h"
#include "server/rpc/call.h"

namespace facet::server {

// v1.TrainingService over a JobManager; publishing also needs the models. All
// parts outlive the service.
std::unique_ptr<grpc::Service> MakeTrainingService(const RpcEnvironment& environment, JobManager* jobs,
                                                   ModelRegistry* models);

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_TRAINING_SERVICE_H_
