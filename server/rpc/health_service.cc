// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/health_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/core/shutting_down.h"
#include "server/rpc/clean_text.h"
#include "server/rpc/service_stack.h"
#include "server/rpc/stream_writer.h"
#include "server/rpc/wire.h"

namespace facet::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ServingStatus = HealthCheckResponse::ServingStatus;
using Base = ServiceStack<Health::Service, Health::WithRawCallbackMethod_Check, Health::WithRawCallbackMethod_Watch>;

ByteBuffer Encode(ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  ByteBuffer bytes;
  EncodeMessage(response, 1024, &bytes).IgnoreError();  // always fits
  return bytes;
}

class WatchCall;

// What the server says of itself, and who listens. Thread-safe.
class HealthBoard {
 public:
  explicit HealthBoard(std::vector<std::string> services) : services_(std::move(services)) {}

  ServingStatus StateOf(const std::string& service) const ABSL_LOCKS_EXCLUDED(mutex_) {
    const bool known = service.empty() || std::count(services_.begin(), services_.end(), service) > 0;
    if (!known) return HealthCheckResponse::SERVICE_UNKNOWN;
    absl::MutexLock lock(&mutex_);
    return serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }
  const std::vector<std::string>& services() const { return services_; }

  absl::Status Add(std::weak_ptr<WatchCall> watch) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetServing(bool serving) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndWatches() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::vector<std::weak_ptr<WatchCall>> Watches() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return watches_;
  }

  const std::vector<std::string> services_;
  mutable absl::Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<WatchCall>> watches_ ABSL_GUARDED_BY(mutex_);
};

// One Watch: sends the state whenever it differs from the one sent before and
// the client has taken that.
class WatchCall final : public StreamWriter {
 public:
  WatchCall(const RpcEnvironment& environment, CallbackServerContext* context, HealthBoard* board,
            const ByteBuffer* request)
      : StreamWriter(environment, context, "grpc.health.v1.Health/Watch", 1, Call::Kind::kHealth),
        board_(board),
        decoded_(DecodeMessage(*request, &request_)) {}

  void Refresh() ABSL_LOCKS_EXCLUDED(mutex_) {
    ServingStatus status;
    {
      absl::MutexLock lock(&mutex_);
      status = board_->StateOf(request_.service());
      if (writing_ || sent_ == status) return;
      sent_ = status;
      writing_ = true;
    }
    TryWrite(Encode(status));
  }

 private:
  void Start() override {
    absl::Status status = decoded_;
    if (status.ok()) status = board_->Add(std::static_pointer_cast<WatchCall>(shared_from_this()));
    if (!status.ok()) return Close(std::move(status));
    Refresh();
  }
  void OnRoom() override ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
    }
    Refresh();
  }

  HealthBoard* const board_;
  HealthCheckRequest request_;
  const absl::Status decoded_;
  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<ServingStatus> sent_ ABSL_GUARDED_BY(mutex_);
};

absl::Status HealthBoard::Add(std::weak_ptr<WatchCall> watch) {
  constexpr size_t kMaxWatches = 1024;  // each costs little, but not nothing
  absl::MutexLock lock(&mutex_);
  if (ended_) return ShuttingDownError();
  std::erase_if(watches_, [](const auto& other) { return other.expired(); });
  if (watches_.size() >= kMaxWatches) {
    return WithRetryAfter(
        WithReason(absl::ResourceExhaustedError("too many clients watch the health of this server"), "TOO_MANY_CALLS"),
        absl::Seconds(1));
  }
  watches_.push_back(std::move(watch));
  return absl::OkStatus();
}

void HealthBoard::SetServing(bool serving) {
  {
    absl::MutexLock lock(&mutex_);
    serving_ = serving;
  }
  for (const auto& weak : Watches()) {
    if (auto watch = weak.lock()) watch->Refresh();
  }
}

void HealthBoard::EndWatches() {
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  for (const auto& weak : Watches()) {
    if (auto watch = weak.lock()) watch->Close(ShuttingDownError());
  }
}

// A Check is answered at once, from memory.
class CheckCall final : public grpc::ServerUnaryReactor {
 public:
  CheckCall(const RpcEnvironment& environment, CallbackServerContext* context)
      : call_(environment, context, "grpc.health.v1.Health/Check", Call::Kind::kHealth) {}
  void End(const absl::Status& status) { Finish(call_.End(status)); }
  void OnDone() override { delete this; }

 private:
  Call call_;
};

class HealthServiceImpl final : public HealthService, public Base {
 public:
  HealthServiceImpl(const RpcEnvironment& environment, std::vector<std::string> services)
      : environment_(environment), board_(std::move(services)) {}

  void SetServing(bool serving) override { board_.SetServing(serving); }
  void EndWatches() override { board_.EndWatches(); }
  grpc::Service* service() override { return this; }

  grpc::ServerUnaryReactor* Check(CallbackServerContext* context, const ByteBuffer* request,
                                  ByteBuffer* response) override {
    auto* call = new CheckCall(environment_, context);
    call->End(Answer(*request, response));
    return call;
  }
  grpc::ServerWriteReactor<ByteBuffer>* Watch(CallbackServerContext* context, const ByteBuffer* request) override {
    return StreamWriter::Launch(std::make_shared<WatchCall>(environment_, context, &board_, request));
  }

 private:
  absl::Status Answer(const ByteBuffer& request, ByteBuffer* response) {
    HealthCheckRequest message;
    absl::Status decoded = DecodeMessage(request, &message);
    if (!decoded.ok()) return decoded;
    const ServingStatus state = board_.StateOf(message.service());
    if (state == HealthCheckResponse::SERVICE_UNKNOWN) {
      return ResourceNotFound("grpc.health.v1.Service", message.service(),
                              absl::StrCat("this server has no service '", CleanText(message.service(), 100), "'. ",
                                           SuggestNames(message.service(), board_.services())));
    }
    ByteBuffer bytes = Encode(state);
    response->Swap(&bytes);
    return absl::OkStatus();
  }

  const RpcEnvironment environment_;
  HealthBoard board_;
};

}  // namespace

std::unique_ptr<HealthService> HealthService::Create(const RpcEnvironment& environment,
                                                     std::vector<std::string> services) {
  return std::make_unique<HealthServiceImpl>(environment, std::move(services));
}

}  // namespace facet::server
