// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/unary_call.h"

#include "base/behind_wall.h"

namespace facet::server {
namespace {

// Owns itself from the handler to OnDone; Finish is called once, by the
// constructor or by the task.
class UnaryOnWorkers final : public grpc::ServerUnaryReactor {
 public:
  UnaryOnWorkers(const RpcEnvironment& environment, grpc::CallbackServerContext* context, absl::string_view method,
                 std::function<absl::Status(const Call&)> work, WorkerPool* workers)
      : call_(environment, context, method), work_(std::move(work)) {
    absl::Status status = call_.admission();
    if (status.ok()) status = workers->Schedule([this] { Work(); });
    if (!status.ok()) Finish(call_.End(status));
  }

  void OnDone() override { delete this; }

 private:
  void Work() {
    const absl::Status status =
        call_.cancelled() ? call_.CancellationStatus() : BehindWall([this] { return work_(call_); });
    Finish(call_.End(status));
  }

  Call call_;
  const std::function<absl::Status(const Call&)> work_;
};

}  // namespace

grpc::ServerUnaryReactor* ServeOnWorkers(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                                         absl::string_view method, std::function<absl::Status(const Call&)> work,
                                         WorkerPool* workers) {
  if (workers == nullptr) workers = environment.workers;
  return new UnaryOnWorkers(environment, context, method, std::move(work), workers);
}

}  // namespace facet::server
