// SPDX-License-Identifier: Apache-2.0
#include "server/main/spd_log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace facet::server {
namespace {

using Json = nlohmann::ordered_json;

spdlog::level::level_enum LevelOf(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return spdlog::level::debug;
    case LogSeverity::kInfo:
      return spdlog::level::info;
    case LogSeverity::kWarning:
      return spdlog::level::warn;
    case LogSeverity::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// A JSON string: quotes and line breaks escaped, broken UTF-8 replaced.
std::string Quoted(absl::string_view text) {
  return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool NeedsQuotes(absl::string_view text) {
  for (char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || static_cast<unsigned char>(c) >= 0x7f) return true;
  }
  return text.empty();
}

class StderrLog final : public Log {
 public:
  explicit StderrLog(const LogOptions& options)
      : json_(options.format == "json"), logger_("facetd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(spdlog::level::from_str(options.level));
    logger_.flush_on(spdlog::level::debug);
    logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(json_ ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %L %v",
                                                                      spdlog::pattern_time_type::utc));
  }

  void Write(LogSeverity severity, absl::string_view message, const Fields& fields) override {
    if (!Enabled(severity)) return;
    logger_.log(LevelOf(severity), spdlog::string_view_t(Line(severity, message, fields)));
  }
  bool Enabled(LogSeverity severity) const override { return logger_.should_log(LevelOf(severity)); }

 private:
  std::string Line(LogSeverity severity, absl::string_view message, const Fields& fields) const {
    if (!json_) return FormatTextLine(message, fields);
    const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::Now(), absl::UTCTimeZone());
    return FormatJsonLine(severity, time, message, fields);
  }

  const bool json_;
  spdlog::logger logger_;
};

}  // namespace

std::string FormatTextLine(absl::string_view message, const Log::Fields& fields) {
  std::string line(message);
  for (const auto& [name, value] : fields) {
    absl::StrAppend(&line, " ", name, "=", NeedsQuotes(value.text()) ? Quoted(value.text()) : value.text());
  }
  return line;
}

std::string FormatJsonLine(LogSeverity severity, absl::string_view time, absl::string_view message,
                           const Log::Fields& fields) {
  const auto level = spdlog::level::to_string_view(LevelOf(severity));
  Json line;
  line["time"] = std::string(time);
  line["level"] = std::string(level.data(), level.size());
  line["message"] = std::string(message);
  for (const auto& [name, value] : fields) {
    // What is no number in JSON, such as "inf", is text.
    const Json number = value.is_number() ? Json::parse(value.text(), nullptr, /*allow_exceptions=*/false) : Json();
    line[std::string(name)] = number.is_number() ? number : Json(value.text());
  }
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::unique_ptr<Log> MakeStderrLog(const LogOptions& options) { return std::make_unique<StderrLog>(options); }

}  // namespace facet::server
