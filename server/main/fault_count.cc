// SPDX-License-Identifier: Apache-2.0
#include "server/main/fault_count.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

constexpr int kMost = 1'000'000;

std::string PathIn(const std::string& state_dir) { return absl::StrCat(state_dir, "/device_faults"); }

}  // namespace

absl::StatusOr<int> ReadFaultCount(FileSystem& file_system, const std::string& state_dir) {
  const absl::StatusOr<std::string> text = file_system.ReadFile(PathIn(state_dir));
  if (absl::IsNotFound(text.status())) return 0;
  RETURN_IF_ERROR(text.status());
  int count = 0;
  const bool understood = absl::SimpleAtoi(*text, &count) && count >= 0 && count <= kMost;
  return understood ? count : 0;
}

absl::Status AddToFaultCount(FileSystem& file_system, const std::string& state_dir) {
  ASSIGN_OR_RETURN(const int count, ReadFaultCount(file_system, state_dir));
  return file_system.WriteFileAtomically(PathIn(state_dir), absl::StrCat(count + 1, "\n"));
}

}  // namespace facet::server
