// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_retention.h"

#include "server/core/jobs/job_state.h"

namespace facet::server {

RetentionPlan PlanRetention(const JobRetention& retention, const std::vector<v1::TrainingJob>& jobs, absl::Time now) {
  RetentionPlan plan;
  int ended = 0;
  for (const v1::TrainingJob& job : jobs) {
    if (!HasEnded(job.state())) continue;
    ++ended;
    const absl::Duration age = now - absl::FromUnixSeconds(job.end_time().seconds());
    if ((retention.max_ended > 0 && ended > retention.max_ended) || age > retention.max_age) {
      plan.remove.push_back(job.name());
    } else if (age > retention.checkpoints_age) {
      plan.trim.push_back(job.name());
    }
  }
  return plan;
}

}  // namespace facet::server
