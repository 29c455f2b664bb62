// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_LOG_TAIL_H_
#define FACET_SERVER_CORE_JOBS_LOG_TAIL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace facet::server {

// The last lines of a log, oldest first, at most `max_lines` from its last 64
// KiB, each cut to 1000 bytes and made clean UTF-8: a log holds whatever a
// dying program wrote, and a message may not. Of a line that was rewritten in
// place ('\r') the last version counts. Empty where the log cannot be read.
// What comes before byte `begin` is left out.
std::vector<std::string> LogTail(const std::string& path, int max_lines = 50, int64_t begin = 0);

// Size of the log, 0 where there is none.
int64_t LogSize(const std::string& path);

struct LogPiece {
  std::string text;  // as it is
  int64_t next_offset = 0;
  bool at_end = false;
};
// At most 64 KiB from byte `offset` on, cut after the last line end where there
// is one and the log goes on. Negative: from the first line that begins in that
// many bytes before the end.
LogPiece ReadLogPiece(const std::string& path, int64_t offset);

// `text` with control characters, and what is no UTF-8, replaced by '?'; line
// ends and tabs stay.
std::string CleanLog(absl::string_view text);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_LOG_TAIL_H_
