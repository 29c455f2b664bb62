// SPDX-License-Identifier: Apache-2.0
#include "base/machine.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace facet {
namespace {

constexpr char kControlGroups[] = "/sys/fs/cgroup";

// "0::/user.slice/…" in /proc/self/cgroup; empty where there is no such line.
std::string OwnGroup(FileSystem& file_system) {
  const auto text = file_system.ReadFile("/proc/self/cgroup");
  if (!text.ok()) return "";
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) return std::string(line);
  }
  return "";
}

}  // namespace

int64_t LimitedMemoryBytes(FileSystem& file_system, int64_t machine, std::string folder, const std::string& root) {
  int64_t least = machine;
  while (folder.size() >= root.size()) {
    const auto text = file_system.ReadFile(absl::StrCat(folder, "/memory.max"));
    int64_t limit = 0;  // SimpleAtoi refuses "max"
    if (text.ok() && absl::SimpleAtoi(*text, &limit)) least = std::min(least, limit);
    const size_t slash = folder.rfind('/');
    if (slash == std::string::npos) break;
    folder.resize(slash);
  }
  return least;
}

int64_t MachineMemoryBytes(FileSystem& file_system) {
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  if (pages <= 0) return 0;
  std::string folder = absl::StrCat(kControlGroups, OwnGroup(file_system));
  while (folder.back() == '/') folder.pop_back();
  return LimitedMemoryBytes(file_system, pages * sysconf(_SC_PAGESIZE), std::move(folder), kControlGroups);
}

}  // namespace facet
