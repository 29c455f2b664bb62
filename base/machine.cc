// SPDX-License-Identifier: Apache-2.0
#include "base/machine.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace facet {
namespace {

constexpr char kControlGroups[] = "/sys/fs/cgroup";

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
  return LimitedMemoryBytes(file_system, pages * sysconf(_SC_PAGESIZE), ControlGroupFolder(file_system),
                            kControlGroups);
}

std::optional<int64_t> FreeMemoryBytes(FileSystem& file_system) {
  const std::string text = file_system.ReadFile("/proc/meminfo").value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    int64_t kilobytes = 0;
    if (!absl::ConsumePrefix(&line, "MemAvailable:") || !absl::ConsumeSuffix(&line, " kB")) continue;
    if (absl::SimpleAtoi(line, &kilobytes)) return kilobytes * 1024;
  }
  return std::nullopt;
}

std::string ControlGroupFolder(FileSystem& file_system) {
  const std::string text = file_system.ReadFile("/proc/self/cgroup").value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) return absl::StrCat(kControlGroups, absl::StripSuffix(line, "/"));
  }
  return kControlGroups;
}

}  // namespace facet
