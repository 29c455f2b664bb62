// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_RETENTION_H_
#define FACET_SERVER_CORE_JOBS_JOB_RETENTION_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "facet/v1/training.pb.h"

namespace facet::server {

// Which ended jobs stay, with all their files. Published models are never
// touched, nor are jobs that have not ended.
struct JobRetention {
  int max_ended = 0;                                  // those that ended last; 0: all
  absl::Duration max_age = absl::InfiniteDuration();  // since their end
  // How long after its end a job keeps more checkpoints than the newest.
  absl::Duration checkpoints_age = absl::InfiniteDuration();

  bool removes_anything() const {
    return max_ended > 0 || max_age != absl::InfiniteDuration() || checkpoints_age != absl::InfiniteDuration();
  }
};

// Names of the jobs to remove, and of those to leave the newest checkpoint only.
struct RetentionPlan {
  std::vector<std::string> remove;
  std::vector<std::string> trim;
};

// Whether `now` may be believed, which may be a clock that jumped: going back from
// it by the times of `jobs` in steps of 30 days at the most, either all of them
// are met or at least a day is. In other words, after a gap of over 30 days,
// which may be none, a day must have left its traces.
bool IsBelievable(const std::vector<v1::TrainingJob>& jobs, absl::Time now);

// A pure function. `jobs` are all there are, in any order; of those that ended at
// the same instant, the ones in front count as newer. Where `now` is not
// believable, nothing is too old.
RetentionPlan PlanRetention(const JobRetention& retention, const std::vector<v1::TrainingJob>& jobs, absl::Time now);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_RETENTION_H_
