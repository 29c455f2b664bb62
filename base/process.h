// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_PROCESS_H_
#define FACET_BASE_PROCESS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet {

// How a process ended: by exit code or by signal, the other is 0.
struct ProcessExit {
  int exit_code = 0;
  int signal = 0;
  bool ok() const { return exit_code == 0 && signal == 0; }
};

struct ProcessOptions {
  std::vector<std::string> argv;  // argv[0] is the path of the program
  // Standard output and error are appended to this file. Empty: inherited.
  std::string log_path;
  // Makes a pipe from the child's descriptor 3 to Process::ReadEvents.
  bool event_pipe = false;
  // "NAME=value" on top of the parent's environment.
  std::vector<std::string> environment;
};

// A child process. The destructor kills and reaps one that still runs.
// Thread-safe: one thread may read or wait while another signals.
class Process {
 public:
  virtual ~Process() = default;
  virtual int pid() const = 0;
  // Blocks for bytes of the event pipe, at most `capacity`; 0 at its end.
  virtual absl::StatusOr<size_t> ReadEvents(char* buffer, size_t capacity) = 0;
  // Sends a signal; no effect once it has ended.
  virtual void Signal(int signal) = 0;
  // Blocks until it has ended; the same answer each time.
  virtual ProcessExit Wait() = 0;
};

// Starting processes as a parameter. Thread-safe.
class ProcessLauncher {
 public:
  virtual ~ProcessLauncher() = default;
  // The machine's; lives for ever.
  static ProcessLauncher* Posix();
  // NOT_FOUND, PERMISSION_DENIED: the program; RESOURCE_EXHAUSTED: no room for
  // a process. The child gets default signals and no descriptors but 0 to 3,
  // and is killed when the parent dies.
  virtual absl::StatusOr<std::unique_ptr<Process>> Launch(const ProcessOptions& options) = 0;
};

}  // namespace facet

#endif  // FACET_BASE_PROCESS_H_
