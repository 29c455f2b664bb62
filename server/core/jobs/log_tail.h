// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_LOG_TAIL_H_
#define FACET_SERVER_CORE_JOBS_LOG_TAIL_H_

#include <string>
#include <vector>

namespace facet::server {

// The last lines of a log, oldest first, at most `max_lines` from its last 64
// KiB, each cut to 1000 bytes and made clean UTF-8: a log holds whatever a
// dying program wrote, and a message may not. Of a line that was rewritten in
// place ('\r') the last version counts. Empty where the log cannot be read.
std::vector<std::string> LogTail(const std::string& path, int max_lines = 50);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_LOG_TAIL_H_
