// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_OOM_KILLS_H_
#define FACET_SERVER_CORE_JOBS_OOM_KILLS_H_

#include <cstdint>

#include "base/file_system.h"

namespace facet::server {

// How many processes the kernel has killed for want of memory so far, in this
// process's control group and on the machine: where the number grew while a
// trainer was killed, that is why. 0 where the kernel does not tell.
int64_t CountOomKills(FileSystem& file_system);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_OOM_KILLS_H_
