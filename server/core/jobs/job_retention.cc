// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_retention.h"

#include <algorithm>
#include <functional>

#include "server/core/jobs/job_state.h"

namespace facet::server {
namespace {

constexpr absl::Duration kLongestGap = absl::Hours(30 * 24);
constexpr absl::Duration kTraces = absl::Hours(24);

absl::Time TimeOf(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

absl::Time EndOf(const v1::TrainingJob& job) { return TimeOf(job.end_time()); }

// Newest first.
std::vector<absl::Time> TimesOf(const std::vector<v1::TrainingJob>& jobs) {
  std::vector<absl::Time> times;
  for (const v1::TrainingJob& job : jobs) {
    if (job.has_create_time()) times.push_back(TimeOf(job.create_time()));
    if (job.has_start_time()) times.push_back(TimeOf(job.start_time()));
    if (job.has_last_checkpoint()) times.push_back(TimeOf(job.last_checkpoint().time()));
    if (job.has_end_time()) times.push_back(EndOf(job));
  }
  std::sort(times.begin(), times.end(), std::greater<>());
  return times;
}

}  // namespace

bool IsBelievable(const std::vector<v1::TrainingJob>& jobs, absl::Time now) {
  absl::Time earliest = now;
  for (const absl::Time time : TimesOf(jobs)) {
    if (time > now) continue;  // of a clock that was ahead
    if (earliest - time > kLongestGap) return now - earliest >= kTraces;
    earliest = time;
  }
  return true;
}

RetentionPlan PlanRetention(const JobRetention& retention, const std::vector<v1::TrainingJob>& jobs, absl::Time now) {
  std::vector<const v1::TrainingJob*> ended;
  for (const v1::TrainingJob& job : jobs) {
    if (HasEnded(job.state())) ended.push_back(&job);
  }
  std::stable_sort(ended.begin(), ended.end(), [](const auto* a, const auto* b) { return EndOf(*a) > EndOf(*b); });
  RetentionPlan plan;
  const bool ages_count = IsBelievable(jobs, now);
  int count = 0;
  for (const v1::TrainingJob* job : ended) {
    ++count;
    const absl::Duration age = ages_count ? now - EndOf(*job) : -absl::InfiniteDuration();
    if ((retention.max_ended > 0 && count > retention.max_ended) || age > retention.max_age) {
      plan.remove.push_back(job->name());
    } else if (age > retention.checkpoints_age) {
      plan.trim.push_back(job->name());
    }
  }
  return plan;
}

}  // namespace facet::server
