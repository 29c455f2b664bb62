// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/call.h"

#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/error.h"
#include "base/names.h"
#include "server/rpc/clean_text.h"
#include "server/rpc/status_mapping.h"

namespace facet::server {
namespace {

constexpr char kRequestIdKey[] = "x-request-id";

// A client's id goes into logs and back onto the wire, so only a harmless one
// is taken.
bool IsHarmless(absl::string_view id) {
  if (id.empty() || id.size() > 128) return false;
  for (char c : id) {
    if (!absl::ascii_isgraph(c)) return false;
  }
  return true;
}

std::string RequestIdOf(const grpc::CallbackServerContext& context) {
  const auto entry = context.client_metadata().find(kRequestIdKey);
  if (entry != context.client_metadata().end()) {
    const absl::string_view id(entry->second.data(), entry->second.size());
    if (IsHarmless(id)) return std::string(id);
  }
  return RandomHexId();
}

LogSeverity SeverityOf(absl::StatusCode code, Call::Kind kind) {
  switch (code) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return LogSeverity::kError;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return LogSeverity::kWarning;
    default:
      return kind == Call::Kind::kHealth ? LogSeverity::kDebug : LogSeverity::kInfo;
  }
}

// gRPC tells the deadline by the system's clock, which may be set while the call
// goes on: only what is left of it counts.
absl::Time DeadlineOf(const grpc::ServerContextBase& context, absl::Time now) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteFuture();
  return now + (absl::FromChrono(deadline) - absl::Now());
}

}  // namespace

Call::Call(const RpcEnvironment& environment, grpc::CallbackServerContext* context, absl::string_view method, Kind kind)
    : environment_(environment),
      context_(context),
      method_(method),
      kind_(kind),
      start_(environment.clock->Now()),
      deadline_(DeadlineOf(*context, start_)),
      request_id_(RequestIdOf(*context)) {
  context_->AddInitialMetadata(kRequestIdKey, request_id_);
  environment_.metrics->RpcStarted(method_);
  if (kind_ == Kind::kHealth) return;
  auto pass = environment_.gate->Enter();
  if (pass.ok()) {
    pass_ = *std::move(pass);
  } else {
    admission_ = pass.status();
  }
}

absl::Status Call::CancellationStatus() const {
  // The transport cancels at the deadline by its own timer; a hair's breadth
  // early still means the deadline.
  if (environment_.clock->Now() + absl::Milliseconds(1) >= deadline()) {
    return absl::DeadlineExceededError("the deadline has passed");
  }
  return absl::CancelledError("the client has cancelled the call");
}

grpc::Status Call::End(const absl::Status& status) {
  // To a client that has gone it makes no difference; the figures should show
  // that it went.
  const absl::Status shown = cancelled() ? CancellationStatus() : status;
  const absl::Duration duration = environment_.clock->Now() - start_;
  environment_.metrics->RpcHandled(method_, absl::StatusCodeToString(shown.code()), duration);
  WriteLog(shown, duration);
  return ToGrpcStatus(shown);
}

void Call::WriteLog(const absl::Status& status, absl::Duration duration) const {
  const LogSeverity severity = SeverityOf(status.code(), kind_);
  if (!environment_.log->Enabled(severity)) return;
  Log::Fields fields = {
      {"method", std::string(method_)},
      {"code", absl::StatusCodeToString(status.code())},
      {"duration_ms", LogValue::Number(absl::StrFormat("%.3f", absl::ToDoubleMilliseconds(duration)))},
      {"request_id", request_id_},
      {"peer", context_->peer()}};
  if (!status.ok()) {
    fields.emplace_back("reason", GetErrorDetail(status).reason);
    fields.emplace_back("error", CleanText(status.message(), 1000));
  }
  environment_.log->Write(severity, "rpc", fields);
}

}  // namespace facet::server
