// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/oom_kills.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/machine.h"

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

}  // namespace

int64_t CountOomKills(FileSystem& file_system) {
  return ReadCounter(file_system, "/proc/vmstat") +
         ReadCounter(file_system, absl::StrCat(ControlGroupFolder(file_system), "/memory.events"));
}

}  // namespace facet::server
