// SPDX-License-Identifier: Apache-2.0
// facetd: the server program. See docs/configuration.md.

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "base/error.h"
#include "base/file_system.h"
#include "server/main/command_line.h"
#include "server/main/exit_code.h"
#include "server/main/facet_server.h"
#include "server/main/program_paths.h"
#include "server/main/signal_waiter.h"
#include "server/main/spd_log.h"

namespace facet::server {
namespace {

void Complain(const absl::Status& error) {
  const std::string message(error.message());
  std::fprintf(stderr, "facetd: %s\n", message.c_str());
}

absl::Status CompleteOptions(ServerOptions& options) {
  auto folder = ProgramFolder();
  if (!folder.ok()) return folder.status();
  return ResolvePaths(*FileSystem::Posix(), *folder, options);
}

int Serve(const ServerOptions& options) {
  const std::unique_ptr<Log> log = MakeStderrLog(options.log);
  ServerEnvironment environment;
  environment.log = log.get();
  auto server = FacetServer::Create(options, environment);
  if (!server.ok()) {
    Complain(server.status());
    return ExitCodeOfStart(server.status());
  }
  SignalWaiter signals([&](int signal) {
    log->Write(LogSeverity::kInfo, "got a signal; a second one ends the server at once", {{"signal", signal}});
    (*server)->Shutdown();
  });
  const absl::Status result = (*server)->Run();
  server->reset();
  return result.ok() ? kExitOk : kExitDeviceFault;
}

int Main(int argc, const char* const* argv) {
  BlockTerminationSignals();
  // Pictures of people, models and logs are nobody else's; trainers inherit it.
  constexpr mode_t kOthers = 027;
  umask(umask(kOthers) | kOthers);
  // Lines of gRPC and of protobuf would mix with those of the log, which promises
  // what a line is; clients can cause them. What matters comes as a status.
  gpr_set_log_function([](gpr_log_func_args*) {});
  google::protobuf::SetLogHandler(nullptr);
  auto line = ParseCommandLine(argc, argv, *FileSystem::Posix());
  if (!line.ok()) {
    Complain(line.status());
    return kExitConfiguration;
  }
  if (line->print.has_value()) {
    std::fputs(line->print->c_str(), stdout);
    return kExitOk;
  }
  const absl::Status complete = CompleteOptions(line->options);
  if (!complete.ok()) {
    Complain(complete);
    return kExitConfiguration;
  }
  if (line->check_only) {
    std::puts("the configuration is good");
    return kExitOk;
  }
  return Serve(line->options);
}

}  // namespace
}  // namespace facet::server

int main(int argc, char** argv) { return facet::server::Main(argc, argv); }
