// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "base/thread.h"
#include "server/core/config/server_config.h"
#include "server/main/facet_server.h"
#include "server/main/flags.h"
#include "server/main/installation.h"
#include "server/main/spdlog_log.h"

namespace facet::server {
namespace {

constexpr int kFailed = 1, kBadConfiguration = 2, kBadState = 3, kAddressInUse = 4, kDeviceFault = 5;

absl::StatusOr<ServerOptions> MakeOptions(const Flags& flags) {
  ServerOptions options;
  if (!flags.config.empty()) {
    ASSIGN_OR_RETURN(options, ReadServerConfig(*FileSystem::Posix(), flags.config));
  }
  if (!flags.listen.empty()) options.listen = flags.listen;
  options.metrics = flags.metrics.value_or(options.metrics);
  options.state_dir = flags.state.value_or(options.state_dir);
  options.data_dir = flags.data.value_or(options.data_dir);
  options.log.level = flags.log_level.value_or(options.log.level);
  options.log.format = flags.log_format.value_or(options.log.format);
  options.import_roots.insert(options.import_roots.end(), flags.import_roots.begin(), flags.import_roots.end());
  RETURN_IF_ERROR(options.Validate());
  RETURN_IF_ERROR(LocateInstallation(*FileSystem::Posix(), options));
  return options;
}

int Fail(const absl::Status& status, int code) {
  const ErrorDetail detail = GetErrorDetail(status);
  const std::string field = detail.field.has_value() ? *detail.field + ": " : "";
  std::fprintf(stderr, "facetd: %s%s\n", field.c_str(), std::string(status.message()).c_str());
  return code;
}

int StartFailureCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return kAddressInUse;
    case absl::StatusCode::kInvalidArgument:
      return kBadConfiguration;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDataLoss:
      return kBadState;
    default:
      return kFailed;
  }
}

sigset_t EndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

int Serve(FacetServer& server, Log& log, const sigset_t& signals) {
  server.OnFault([] { kill(getpid(), SIGTERM); });
  int signal = 0;
  sigwait(&signals, &signal);
  const absl::Status fault = server.fault();
  if (!fault.ok()) {
    log.Write(LogSeverity::kError, "a device failed", {{"error", std::string(fault.message())}});
  } else {
    log.Write(LogSeverity::kInfo, "shutting down", {{"signal", strsignal(signal)}});
  }
  // Somebody who asks twice does not want to wait.
  Thread impatient("second-signal", [signals] {
    int second = 0;
    sigwait(&signals, &second);
    if (second != SIGUSR1) std::_Exit(128 + second);
  });
  server.Shutdown();
  log.Write(LogSeverity::kInfo, "shut down", {});
  kill(getpid(), SIGUSR1);
  return fault.ok() ? 0 : kDeviceFault;
}

int Main(int argc, char** argv) {
  // Blocked before any thread starts, so that sigwait alone sees them.
  sigset_t signals = EndingSignals();
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  int exit_code = 0;
  const auto flags = ParseFlags(argc, argv, exit_code);
  if (!flags.has_value()) return exit_code;
  const auto options = MakeOptions(*flags);
  if (!options.ok()) return Fail(options.status(), kBadConfiguration);
  if (flags->check_config) {
    std::puts("facetd: the configuration is good");
    return 0;
  }
  const std::unique_ptr<Log> log = MakeSpdlogLog(options->log);
  Surroundings surroundings;
  surroundings.log = log.get();
  auto server = FacetServer::Create(*options, surroundings);
  if (!server.ok()) return Fail(server.status(), StartFailureCode(server.status()));
  log->Write(LogSeverity::kInfo, "listening on " + absl::StrJoin((*server)->addresses(), ", "),
             {{"metrics", (*server)->metrics_address()}, {"state", options->state_dir}});
  return Serve(**server, *log, signals);
}

}  // namespace
}  // namespace facet::server

int main(int argc, char** argv) { return facet::server::Main(argc, argv); }
