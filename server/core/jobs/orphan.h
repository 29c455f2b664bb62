// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_ORPHAN_H_
#define FACET_SERVER_CORE_JOBS_ORPHAN_H_

#include <string>

namespace facet::server {

// Kills a trainer that works in `job_dir` and is not this server's: one whose
// server died and which the kernel did not take along. Its work up to its last
// checkpoint stays. The trainer that holds `<job_dir>/trainer.lock` is meant,
// and only if the process named there was really started for this folder.
//
// Returns whether no trainer holds the job any more. Blocks until a killed one
// is gone, 2 s at the most.
bool EndOrphan(const std::string& job_dir);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_ORPHAN_H_
