// SPDX-License-Identifier: Apache-2.0
#include "server/main/spdlog_log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace facet::server {
namespace {

spdlog::level::level_enum ToLevel(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return spdlog::level::debug;
    case LogSeverity::kInfo:
      return spdlog::level::info;
    case LogSeverity::kWarning:
      return spdlog::level::warn;
    case LogSeverity::kError:
      break;
  }
  return spdlog::level::err;
}

// A value with a space or a quote would not be told from the next field.
std::string Quoted(const std::string& value) {
  if (value.find_first_of(" \"=\n\t") == std::string::npos && !value.empty()) return value;
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string TextLine(absl::string_view message, const Log::Fields& fields) {
  std::string line(message);
  for (const auto& [name, value] : fields) absl::StrAppend(&line, " ", name, "=", Quoted(value));
  return line;
}

// The members after time and level, which spdlog's pattern writes.
std::string JsonMembers(absl::string_view message, const Log::Fields& fields) {
  nlohmann::ordered_json object;
  object["message"] = std::string(message);
  for (const auto& [name, value] : fields) object[std::string(name)] = value;
  const std::string text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return text.substr(1, text.size() - 2);
}

class SpdlogLog final : public Log {
 public:
  explicit SpdlogLog(const LogOptions& options)
      : json_(options.format == "json"),
        logger_("facetd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(spdlog::level::from_str(options.level));
    logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json_ ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %L %v",
        spdlog::pattern_time_type::utc));
    logger_.flush_on(spdlog::level::debug);
  }

  void Write(LogSeverity severity, absl::string_view message, const Fields& fields) override {
    const spdlog::level::level_enum level = ToLevel(severity);
    if (!logger_.should_log(level)) return;
    const std::string line = json_ ? JsonMembers(message, fields) : TextLine(message, fields);
    logger_.log(level, spdlog::string_view_t(line.data(), line.size()));
  }

  bool Enabled(LogSeverity severity) const override { return logger_.should_log(ToLevel(severity)); }

 private:
  const bool json_;
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Log> MakeSpdlogLog(const LogOptions& options) { return std::make_unique<SpdlogLog>(options); }

}  // namespace facet::server
