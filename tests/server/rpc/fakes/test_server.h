// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_TEST_SERVER_H_
#define FACET_TESTS_SERVER_RPC_FAKES_TEST_SERVER_H_

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "server/core/metrics/metrics.h"
#include "server/rpc/grpc_server.h"
#include "tests/server/rpc/fakes/fake_batch_streams.h"
#include "tests/server/rpc/fakes/fake_dataset_registry.h"
#include "tests/server/rpc/fakes/fake_job_manager.h"
#include "tests/server/rpc/fakes/fake_log.h"
#include "tests/server/rpc/fakes/fake_model_registry.h"
#include "tests/server/rpc/fakes/fake_render_engine.h"
#include "tests/server/rpc/fakes/rich_error.h"

namespace facet::server {

// A real gRPC server on a free port, over fakes that tests drive.
class TestServer {
 public:
  explicit TestServer(GrpcServerOptions options = {}, model::ImageShape shape = {4, 4, 3}) : models(shape) {
    options.listen = {"127.0.0.1:0"};
    if (options.codec_threads == 0) options.codec_threads = 2;
    options.worker_threads = 4;
    options.model_threads = 4;
    auto created = GrpcServer::Create(options, Parts());
    if (!created.ok()) {
      ADD_FAILURE() << created.status();
      abort();
    }
    server = *std::move(created);
    server->SetServing(true);
    channel = NewChannel();
  }

  CoreParts Parts() {
    CoreParts parts;
    parts.datasets = &datasets;
    parts.models = &models;
    parts.jobs = &jobs;
    parts.engine = &engine;
    parts.streams = &streams;
    parts.metrics = metrics.get();
    parts.clock = Clock::Steady();
    parts.log = &log;
    return parts;
  }

  std::shared_ptr<grpc::Channel> NewChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server->addresses()[0], grpc::InsecureChannelCredentials(), arguments);
  }

  FakeDatasetRegistry datasets;
  FakeModelRegistry models;
  FakeJobManager jobs;
  FakeRenderEngine engine;
  FakeBatchStreams streams;
  FakeLog log;
  std::unique_ptr<Metrics> metrics = Metrics::Create();
  std::unique_ptr<GrpcServer> server;
  std::shared_ptr<grpc::Channel> channel;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_TEST_SERVER_H_
