// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_retention.h"

#include <algorithm>

#include "server/core/jobs/job_state.h"

namespace facet::server {
namespace {

absl::Time EndOf(const v1::TrainingJob& job) {
  return absl::FromUnixSeconds(job.end_time().seconds()) + absl::Nanoseconds(job.end_time().nanos());
}

}  // namespace

RetentionPlan PlanRetention(const JobRetention& retention, const std::vector<v1::TrainingJob>& jobs, absl::Time now) {
  std::vector<const v1::TrainingJob*> ended;
  for (const v1::TrainingJob& job : jobs) {
    if (HasEnded(job.state())) ended.push_back(&job);
  }
  std::stable_sort(ended.begin(), ended.end(), [](const auto* a, const auto* b) { return EndOf(*a) > EndOf(*b); });
  RetentionPlan plan;
  int count = 0;
  for (const v1::TrainingJob* job : ended) {
    ++count;
    const absl::Duration age = now - EndOf(*job);
    if ((retention.max_ended > 0 && count > retention.max_ended) || age > retention.max_age) {
      plan.remove.push_back(job->name());
    } else if (age > retention.checkpoints_age) {
      plan.trim.push_back(job->name());
    }
  }
  return plan;
}

}  // namespace facet::server
