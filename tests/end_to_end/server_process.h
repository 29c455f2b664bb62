// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_END_TO_END_SERVER_PROCESS_H_
#define FACET_TESTS_END_TO_END_SERVER_PROCESS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/process.h"
#include "base/thread.h"

namespace facet {

// A real facetd on free ports. The destructor kills it.
class ServerProcess {
 public:
  // Returns once it serves. INTERNAL with its log: it ended before.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const std::string& state_dir,
                                                              std::vector<std::string> flags = {});

  // `host:port`; both change at each start.
  const std::string& address() const { return address_; }
  const std::string& metrics_address() const { return metrics_address_; }
  int pid() const { return process_->pid(); }
  std::string Log() const;
  ~ServerProcess();

  void Signal(int signal) { process_->Signal(signal); }
  ProcessExit Wait() { return process_->Wait(); }
  // SIGTERM, then Wait.
  ProcessExit Stop();

 private:
  // `ended_file` is made when the process ends.
  ServerProcess(std::string log_path, std::unique_ptr<Process> process, std::string ended_file);
  absl::Status AwaitAddress(const std::string& state_dir);
  void ReadAddresses(const std::string& file);

  const std::string log_path_;
  const std::unique_ptr<Process> process_;
  std::string address_;
  std::string metrics_address_;
  Thread end_;  // sees the process end
};

// Path of a program of the build: "facet", "facetd", "facet-trainer".
std::string ProgramPath(const std::string& name);

}  // namespace facet

#endif  // FACET_TESTS_END_TO_END_SERVER_PROCESS_H_
