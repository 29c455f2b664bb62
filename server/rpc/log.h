// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_LOG_H_
#define FACET_SERVER_RPC_LOG_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace facet::server {

enum class LogSeverity { kDebug, kInfo, kWarning, kError };

// The value of a field: text, or a number, which JSON shows without quotes.
class LogValue {
 public:
  LogValue(std::string text) : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor): fields read as written
  LogValue(const char* text) : text_(text) {}             // NOLINT(google-explicit-constructor)
  LogValue(int number) : text_(std::to_string(number)), is_number_(true) {}  // NOLINT(google-explicit-constructor)
  // `number` as JSON has it, such as "3.250".
  static LogValue Number(std::string number) {
    LogValue value(std::move(number));
    value.is_number_ = true;
    return value;
  }

  const std::string& text() const { return text_; }
  bool is_number() const { return is_number_; }

 private:
  std::string text_;
  bool is_number_ = false;
};

// Where the server's log lines go, as a parameter. Thread-safe.
class Log {
 public:
  // Name and value; order is kept.
  using Fields = std::vector<std::pair<absl::string_view, LogValue>>;

  virtual ~Log() = default;

  virtual void Write(LogSeverity severity, absl::string_view message, const Fields& fields = {}) = 0;
  // Whether such a line would be written at all.
  virtual bool Enabled(LogSeverity severity) const = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_LOG_H_
