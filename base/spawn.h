// SPDX-License-Identifier: Apache-2.0
// The child's half of a launch: what happens between fork and exec.
#ifndef FACET_BASE_SPAWN_H_
#define FACET_BASE_SPAWN_H_

#include <sys/types.h>

namespace facet {

// All descriptors are above 9, so that none is overwritten while they move to
// their places; -1 stands for none.
struct SpawnPlan {
  const char* program = nullptr;
  char* const* argv = nullptr;         // ends with null
  char* const* environment = nullptr;  // ends with null
  int input = -1;                      // becomes 0
  int log = -1;                        // becomes 1 and 2; none: inherited
  int events = -1;                     // becomes 3
  int failure = -1;                    // close-on-exec; gets errno where exec fails
};

// Forks a child that becomes `plan.program`; returns its id, or -1 with errno.
// The child is killed when the calling *thread* ends (that is what Linux means
// by the death of a parent), so call it from one that never does. Every signal
// must be blocked in this thread, lest a handler of the parent runs in the
// child.
pid_t Spawn(const SpawnPlan& plan);

}  // namespace facet

#endif  // FACET_BASE_SPAWN_H_
