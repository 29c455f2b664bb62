// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_HELD_RENDER_H_
#define FACET_TESTS_SERVER_RPC_FAKES_HELD_RENDER_H_

#include <memory>

#include "absl/synchronization/notification.h"
#include "facet/v1/generation.grpc.pb.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {

// A Render in flight that the server's engine holds up. `server` need not
// outlive it; End must be called.
class HeldRender {
 public:
  static v1::RenderRequest MakeRequest() {
    v1::RenderRequest request;
    request.set_model("digits");
    v1::FeatureVector& vector = *request.add_vectors();
    for (const float weight : {1, 0, 0, 1, 0}) vector.add_dense(weight);
    return request;
  }

  explicit HeldRender(TestServer& server) : stub_(v1::GenerationService::NewStub(server.channel)) {
    server.engine.Hold();
    stub_->async()->Render(&context_, &request_, &response_, [this](const grpc::Status& status) {
      status_ = status;
      ended_.Notify();
    });
    server.engine.AwaitSubmitted(1);
  }

  // Blocks until it has ended.
  const grpc::Status& End() {
    ended_.WaitForNotification();
    return status_;
  }

 private:
  const std::unique_ptr<v1::GenerationService::Stub> stub_;
  const v1::RenderRequest request_ = MakeRequest();
  grpc::ClientContext context_;
  v1::RenderResponse response_;
  grpc::Status status_;
  absl::Notification ended_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_HELD_RENDER_H_
