// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_JOBS_START_CHECKPOINT_H_
#define FACET_TESTS_SERVER_CORE_JOBS_START_CHECKPOINT_H_

#include "gtest/gtest.h"
#include "model/train/checkpoint_store.h"
#include "model/train/run_identity.h"
#include "server/core/jobs/job_plan.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {

// Leaves a checkpoint in `store` as the trainer of a job of SpecFor would, so
// that another job can begin from it.
inline void SaveStartCheckpoint(FakeDatasets& datasets, model::CheckpointStore store, int step) {
  auto plan = PlanJob({FileSystem::Posix(), PresetDir(), &datasets}, SpecFor(""));
  ASSERT_TRUE(plan.ok()) << plan.status();
  model::Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.run = model::DescribeNets(plan->nets);
  checkpoint.tensors = "tensors";
  ASSERT_TRUE(store.Save(checkpoint).ok());
}

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_JOBS_START_CHECKPOINT_H_
