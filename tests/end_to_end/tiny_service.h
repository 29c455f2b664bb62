// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_END_TO_END_TINY_SERVICE_H_
#define FACET_TESTS_END_TO_END_TINY_SERVICE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "facet/client/client.h"
#include "tests/base/temp_dir.h"
#include "tests/end_to_end/command.h"
#include "tests/end_to_end/server_process.h"

namespace facet {

// A facetd with a data set `tiny` (two examples of each digit in all colours
// and rotations, 240 images) and a state folder of its own.
class TinyService {
 public:
  // Aborts where it cannot be started: nothing can be tested then.
  explicit TinyService(std::vector<std::string> server_flags = {});

  // `facet ARGUMENTS` against this server.
  CommandResult Facet(std::vector<std::string> arguments) const;
  // Trains a job `id` on it (with `more` arguments of `facet train`) to its end.
  CommandResult Train(const std::string& id, std::vector<std::string> more = {}) const;
  // A connection of the C++ client.
  std::unique_ptr<client::Client> Connect() const;

  ServerProcess& server() { return *server_; }
  const TempDir& folder() const { return folder_; }
  std::string state_dir() const { return folder_ / "state"; }
  // Starts the server again, on the same state folder, other ports.
  void Restart();

 private:
  void Start();

  const TempDir folder_;
  const std::vector<std::string> flags_;
  std::unique_ptr<ServerProcess> server_;
};

// Path of tests/end_to_end/NAME.
std::string TestFile(const std::string& name);

}  // namespace facet

#endif  // FACET_TESTS_END_TO_END_TINY_SERVICE_H_
