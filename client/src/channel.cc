// SPDX-License-Identifier: Apache-2.0
#include "client/src/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace facet::client {
namespace {

// gRPC's own retries: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
// An import that broke off may have been made; whoever watches or streams knows
// where to go on (reconnect.h).
constexpr char kServiceConfig[] = R"json({
  "methodConfig": [{
    "name": [
      {"service": "facet.v1.DatasetService", "method": "ImportDataset"},
      {"service": "facet.v1.TrainingService", "method": "WatchTrainingJob"},
      {"service": "facet.v1.AugmentationService", "method": "StreamBatches"}
    ]
  }, {
    "name": [{}],
    "retryPolicy": {
      "maxAttempts": 4,
      "initialBackoff": "0.1s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
})json";

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  arguments.SetServiceConfigJSON(kServiceConfig);
  // Clients of one process would otherwise share one connection, and a stream
  // of batches would hold up another's renders.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // gRPC would wait longer and longer, up to two minutes, for a server to come
  // back; reconnect.h decides that.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  // Notice a server that is gone without a word, also in the middle of a watch.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  return grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace facet::client
