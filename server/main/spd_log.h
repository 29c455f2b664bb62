// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_SPD_LOG_H_
#define FACET_SERVER_MAIN_SPD_LOG_H_

#include <functional>
#include <memory>
#include <string>

#include "server/core/config/server_options.h"
#include "server/rpc/log.h"

namespace facet::server {

// A line of the log without its time, as it is written: `listening address="x"`,
// or one JSON object. Exposed for its test.
std::string FormatTextLine(absl::string_view message, const Log::Fields& fields);
std::string FormatJsonLine(LogSeverity severity, absl::string_view time, absl::string_view message,
                           const Log::Fields& fields);

// A log on standard error, as the options say: text with time and level in
// front, or one JSON object a line. Thread-safe.
std::unique_ptr<Log> MakeStderrLog(const LogOptions& options);

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_SPD_LOG_H_
