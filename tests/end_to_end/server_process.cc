// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/server_process.h"

#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "tests/base/temp_dir.h"

namespace facet {
namespace {

constexpr char kEndedFile[] = "test-server-ended";

// Wakes when a file comes into a folder.
class FolderWatch {
 public:
  explicit FolderWatch(const std::string& folder) : descriptor_(inotify_init1(IN_CLOEXEC)) {
    inotify_add_watch(descriptor_, folder.c_str(), IN_CREATE | IN_MOVED_TO);
  }
  ~FolderWatch() { close(descriptor_); }
  void Wait() const {
    alignas(inotify_event) char buffer[4096];
    if (read(descriptor_, buffer, sizeof(buffer)) < 0) abort();
  }

 private:
  const int descriptor_;
};

}  // namespace

std::string ProgramPath(const std::string& name) {
  const char* folder = std::getenv("FACET_BIN_DIR");
  return absl::StrCat(folder == nullptr ? "build/release/bin" : folder, "/", name);
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(const std::string& state_dir,
                                                                    std::vector<std::string> flags) {
  std::filesystem::create_directories(state_dir);
  // Of a server that was killed here before.
  for (const char* file : {"facetd.address", kEndedFile}) {
    std::filesystem::remove(absl::StrCat(state_dir, "/", file));
  }
  // Tests count the models that they make.
  const std::string config = absl::StrCat(state_dir, ".textproto");
  std::ofstream(config) << "without_bundled_models: true\n";
  if (std::find(flags.begin(), flags.end(), "--config") == flags.end()) {
    flags.insert(flags.end(), {"--config", config});
  }
  ProcessOptions options;
  options.argv = {ProgramPath("facetd"), "--state", state_dir, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"};
  options.argv.insert(options.argv.end(), flags.begin(), flags.end());
  options.log_path = absl::StrCat(state_dir, ".log");
  ASSIGN_OR_RETURN(auto process, ProcessLauncher::Posix()->Launch(options));
  std::unique_ptr<ServerProcess> server(
      new ServerProcess(options.log_path, std::move(process), absl::StrCat(state_dir, "/", kEndedFile)));
  RETURN_IF_ERROR(server->AwaitAddress(state_dir));
  return server;
}

ServerProcess::ServerProcess(std::string log_path, std::unique_ptr<Process> process, std::string ended_file)
    : log_path_(std::move(log_path)), process_(std::move(process)), end_("await-end", [this, ended_file] {
        process_->Wait();
        std::ofstream(ended_file).put('.');
      }) {}

ServerProcess::~ServerProcess() {
  process_->Signal(SIGKILL);
  end_.Join();
}

absl::Status ServerProcess::AwaitAddress(const std::string& state_dir) {
  const FolderWatch watch(state_dir);
  const std::string address_file = absl::StrCat(state_dir, "/facetd.address");
  while (!std::filesystem::exists(address_file)) {
    if (std::filesystem::exists(absl::StrCat(state_dir, "/", kEndedFile))) {
      return absl::InternalError(absl::StrCat("facetd ended:\n", Log()));
    }
    watch.Wait();
  }
  ReadAddresses(address_file);
  return absl::OkStatus();
}

void ServerProcess::ReadAddresses(const std::string& file) {
  const std::string contents = TempDir::Read(file);
  for (absl::string_view line : absl::StrSplit(contents, '\n')) {
    if (address_.empty() && absl::ConsumePrefix(&line, "grpc=")) address_ = std::string(line);
    if (absl::ConsumePrefix(&line, "metrics=")) metrics_address_ = std::string(line);
  }
}

std::string ServerProcess::Log() const { return TempDir::Read(log_path_); }

ProcessExit ServerProcess::Stop() {
  Signal(SIGTERM);
  return Wait();
}

}  // namespace facet
