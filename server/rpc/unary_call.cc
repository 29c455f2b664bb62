// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/unary_call.h"

#include <atomic>
#include <memory>

#include "base/behind_wall.h"
#include "server/core/shutting_down.h"

namespace facet::server {
namespace {

// Owns itself from the handler to OnDone, and on while its task runs. Finish is
// called once, by whoever ends it first.
class UnaryOnWorkers final : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<UnaryOnWorkers> {
 public:
  static UnaryOnWorkers* Launch(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                                absl::string_view method, grpc::ByteBuffer* response, UnaryWork work,
                                WorkerPool* workers) {
    std::shared_ptr<UnaryOnWorkers> call(new UnaryOnWorkers(environment, context, method, response, std::move(work)));
    UnaryOnWorkers* const raw = call.get();
    raw->self_ = std::move(call);
    raw->Begin(workers);
    return raw;
  }

  void OnDone() override {
    call_.OnDone();
    const std::shared_ptr<UnaryOnWorkers> self = std::move(self_);
  }

 private:
  UnaryOnWorkers(const RpcEnvironment& environment, grpc::CallbackServerContext* context, absl::string_view method,
                 grpc::ByteBuffer* response, UnaryWork work)
      : call_(environment, context, method), response_(response), work_(std::move(work)) {}

  void Begin(WorkerPool* workers) {
    absl::Status status = call_.admission();
    call_.OnCutOff([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->End(ShuttingDownError());
    });
    if (status.ok()) status = workers->Schedule([self = shared_from_this()] { self->Work(); });
    if (!status.ok()) End(status);
  }

  void Work() {
    if (ended_.load()) return;
    grpc::ByteBuffer answer;
    const absl::Status status =
        call_.cancelled() ? call_.CancellationStatus() : BehindWall([&] { return work_(call_, &answer); });
    End(status, &answer);
  }

  void End(const absl::Status& status, grpc::ByteBuffer* answer = nullptr) {
    if (ended_.exchange(true)) return;
    if (answer != nullptr) response_->Swap(answer);
    Finish(call_.End(status));
  }

  Call call_;
  grpc::ByteBuffer* const response_;  // gRPC's; not once ended_
  const UnaryWork work_;
  std::atomic<bool> ended_{false};
  std::shared_ptr<UnaryOnWorkers> self_;  // Launch to OnDone
};

}  // namespace

grpc::ServerUnaryReactor* ServeOnWorkers(const RpcEnvironment& environment, grpc::CallbackServerContext* context,
                                         absl::string_view method, grpc::ByteBuffer* response, UnaryWork work,
                                         WorkerPool* workers) {
  if (workers == nullptr) workers = environment.workers;
  return UnaryOnWorkers::Launch(environment, context, method, response, std::move(work), workers);
}

}  // namespace facet::server
