// SPDX-License-Identifier: Apache-2.0
#include "base/mistakes.h"

#include <string>

namespace facet {
namespace {

bool IsMistake(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) || absl::IsFailedPrecondition(status);
}

}  // namespace

void Mistakes::Add(const absl::Status& status, absl::string_view path) {
  if (status.ok()) return;
  const absl::Status found = path.empty() ? status : PrefixField(status, path);
  if (!IsMistake(found)) return other_.Update(found);
  ErrorDetail detail = GetErrorDetail(found);
  if (detail.violations.empty()) detail.violations.push_back({std::string(path), std::string(found.message())});
  const bool leads = lead_.ok() || (absl::IsInvalidArgument(found) && !absl::IsInvalidArgument(lead_));
  violations_.insert(leads ? violations_.begin() : violations_.end(), detail.violations.begin(),
                     detail.violations.end());
  if (leads) lead_ = found;
  if (full()) violations_.resize(kMostViolations);
}

absl::Status Mistakes::ToStatus() const {
  if (lead_.ok()) return other_;
  return violations_.size() == 1 ? lead_ : WithViolations(lead_, violations_);
}

}  // namespace facet
