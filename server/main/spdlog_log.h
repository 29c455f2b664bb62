// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_SPDLOG_LOG_H_
#define FACET_SERVER_MAIN_SPDLOG_LOG_H_

#include <memory>

#include "server/core/config/server_options.h"
#include "server/rpc/log.h"

namespace facet::server {

// Lines on standard error: `time level message name=value …`, or one JSON object
// a line. `options` has been validated.
std::unique_ptr<Log> MakeSpdlogLog(const LogOptions& options);

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_SPDLOG_LOG_H_
