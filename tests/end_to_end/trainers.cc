// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/trainers.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "tests/base/temp_dir.h"

namespace facet {

std::vector<int> TrainersOf(const std::string& job_dir) {
  std::vector<int> trainers;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    int pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
    const std::string command = TempDir::Read(entry.path() / "cmdline");
    if (absl::StrContains(command, "facet-trainer") && absl::StrContains(command, job_dir + '\0')) {
      trainers.push_back(pid);
    }
  }
  return trainers;
}

}  // namespace facet
