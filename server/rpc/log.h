// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_LOG_H_
#define FACET_SERVER_RPC_LOG_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace facet::server {

enum class LogSeverity { kDebug, kInfo, kWarning, kError };

// Where the server's log lines go, as a parameter. Thread-safe.
class Log {
 public:
  // Name and value; order is kept.
  using Fields = std::vector<std::pair<absl::string_view, std::string>>;

  virtual ~Log() = default;

  virtual void Write(LogSeverity severity, absl::string_view message, const Fields& fields = {}) = 0;
  // Whether such a line would be written at all.
  virtual bool Enabled(LogSeverity severity) const = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_LOG_H_
