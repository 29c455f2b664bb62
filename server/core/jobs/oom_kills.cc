// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/oom_kills.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace facet::server {
namespace {

// The number after "oom_kill " in a file of "name number" lines.
int64_t ReadCounter(FileSystem& file_system, const std::string& path) {
  const std::string text = file_system.ReadFile(path).value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    int64_t count = 0;
    if (absl::ConsumePrefix(&line, "oom_kill ") && absl::SimpleAtoi(line, &count)) return count;
  }
  return 0;
}

// "/user.slice/x" of control groups version 2: the line "0::/user.slice/x".
std::string OwnControlGroup(FileSystem& file_system) {
  const std::string text = file_system.ReadFile("/proc/self/cgroup").value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) return std::string(line);
  }
  return "";
}

}  // namespace

int64_t CountOomKills(FileSystem& file_system) {
  const std::string group = absl::StrCat("/sys/fs/cgroup", OwnControlGroup(file_system), "/memory.events");
  return ReadCounter(file_system, "/proc/vmstat") + ReadCounter(file_system, group);
}

std::optional<int64_t> FreeMemory(FileSystem& file_system) {
  const std::string text = file_system.ReadFile("/proc/meminfo").value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    int64_t kilobytes = 0;
    if (!absl::ConsumePrefix(&line, "MemAvailable:") || !absl::ConsumeSuffix(&line, " kB")) continue;
    if (absl::SimpleAtoi(line, &kilobytes)) return kilobytes * 1024;
  }
  return std::nullopt;
}

}  // namespace facet::server
