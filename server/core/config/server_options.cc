// SPDX-License-Identifier: Apache-2.0
#include "server/core/config/server_options.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "server/core/config/listen_address.h"

namespace facet::server {
namespace {

absl::Status BadValue(absl::string_view field, absl::string_view message) {
  return InvalidField(field, "INVALID_CONFIGURATION", message);
}

absl::Status CheckRange(absl::string_view field, int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return BadValue(field, absl::StrCat(field, " is ", value, "; it must be from ", min, " to ", max));
}

absl::Status CheckOneOf(absl::string_view field, const std::string& value, const std::vector<std::string>& allowed) {
  for (const std::string& candidate : allowed) {
    if (value == candidate) return absl::OkStatus();
  }
  return BadValue(field, absl::StrCat(field, " is '", value, "'. ", SuggestNames(value, allowed)));
}

absl::Status CheckListen(const std::vector<std::string>& listen) {
  if (listen.empty()) return BadValue("listen", "no address to listen on");
  std::set<std::string> seen;
  for (size_t i = 0; i < listen.size(); ++i) {
    const std::string field = absl::StrCat("listen[", i, "]");
    auto address = ParseListenAddress(listen[i]);
    if (!address.ok()) return PrefixField(address.status(), field);
    const bool any_port = !address->is_unix() && address->port == 0;
    if (!any_port && !seen.insert(address->ToString()).second) {
      return BadValue(field, absl::StrCat("'", listen[i], "' is listed twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckMetrics(const std::string& metrics) {
  if (metrics == "off") return absl::OkStatus();
  ASSIGN_OR_RETURN(ListenAddress address, ParseListenAddress(metrics));
  if (!address.is_unix()) return absl::OkStatus();
  return InvalidField("", "INVALID_ADDRESS", "metrics are served on host:port only, or 'off'");
}

absl::Status CheckDevice(absl::string_view field, const std::string& device) {
  if (device == "auto" || device == "cpu" || device == "cuda") return absl::OkStatus();
  absl::string_view index = device;
  if (absl::ConsumePrefix(&index, "cuda:") && !index.empty() && index.size() <= 3) {
    bool digits = true;
    for (char c : index) digits = digits && absl::ascii_isdigit(c);
    if (digits) return absl::OkStatus();
  }
  return BadValue(field,
                  absl::StrCat(field, " is '", device, "'; it must be 'auto', 'cpu', 'cuda' or 'cuda:' and a number"));
}

absl::Status CheckLimits(const LimitOptions& limits) {
  RETURN_IF_ERROR(CheckRange("limits.max_message_mib", limits.max_message_mib, 1, 1024));
  RETURN_IF_ERROR(CheckRange("limits.max_render_batch", limits.max_render_batch, 1, 65536));
  RETURN_IF_ERROR(CheckRange("limits.max_render_stream", limits.max_render_stream, 1, 10'000'000));
  RETURN_IF_ERROR(CheckRange("limits.max_render_queue", limits.max_render_queue, 1, 1'000'000));
  RETURN_IF_ERROR(CheckRange("limits.max_streams", limits.max_streams, 1, 100'000));
  RETURN_IF_ERROR(CheckRange("limits.max_queued_jobs", limits.max_queued_jobs, 1, 100'000));
  RETURN_IF_ERROR(CheckRange("limits.max_running_jobs", limits.max_running_jobs, 1, 64));
  RETURN_IF_ERROR(CheckRange("limits.max_upload_mib", limits.max_upload_mib, 1, 16 << 20));
  RETURN_IF_ERROR(CheckRange("limits.max_imports", limits.max_imports, 1, 256));
  RETURN_IF_ERROR(CheckRange("limits.max_loaded_models", limits.max_loaded_models, 1, 1024));
  RETURN_IF_ERROR(CheckRange("limits.max_calls", limits.max_calls, 1, 1'000'000));
  RETURN_IF_ERROR(CheckRange("limits.drain_seconds", absl::ToInt64Seconds(limits.drain), 1, 3600));
  // A Render of the largest size would never find room.
  if (limits.max_render_queue < limits.max_render_batch) {
    return BadValue("limits.max_render_queue",
                    absl::StrCat("limits.max_render_queue is ", limits.max_render_queue,
                                 ", less than limits.max_render_batch, ", limits.max_render_batch));
  }
  return absl::OkStatus();
}

absl::Status CheckRender(const RenderOptions& render, const LimitOptions& limits) {
  RETURN_IF_ERROR(CheckRange("render.max_batch", render.max_batch, 1, 1024));
  RETURN_IF_ERROR(CheckRange("render.batch_wait_us", absl::ToInt64Microseconds(render.batch_wait), 0, 1'000'000));
  RETURN_IF_ERROR(CheckRange("render.threads", render.threads, 0, 1024));
  // Streams hand over this many at once, which would never find room.
  if (render.max_batch > limits.max_render_queue) {
    return BadValue("render.max_batch", absl::StrCat("render.max_batch is ", render.max_batch,
                                                     ", more than limits.max_render_queue, ", limits.max_render_queue));
  }
  return CheckDevice("render.device", render.device);
}

absl::Status CheckJobs(const JobOptions& jobs) {
  RETURN_IF_ERROR(CheckRange("jobs.max_silence_seconds", absl::ToInt64Seconds(jobs.max_silence), 1, 7 * 24 * 3600));
  RETURN_IF_ERROR(CheckRange("jobs.max_ended", jobs.max_ended, 0, 1'000'000));
  if (jobs.max_age <= absl::ZeroDuration()) return BadValue("jobs.max_age_days", "jobs.max_age_days is negative");
  if (jobs.checkpoints_age <= absl::ZeroDuration()) {
    return BadValue("jobs.checkpoints_age_days", "jobs.checkpoints_age_days is negative");
  }
  RETURN_IF_ERROR(CheckRange("jobs.max_restarts", jobs.max_restarts, 1, 1'000'000));
  RETURN_IF_ERROR(CheckRange("jobs.restart_backoff_ms", absl::ToInt64Milliseconds(jobs.restart_backoff), 1, 3'600'000));
  RETURN_IF_ERROR(CheckRange("jobs.max_progress_events", jobs.max_progress_events, 1000, 100'000'000));
  return CheckDevice("jobs.device", jobs.device);
}

absl::Status CheckFolders(const ServerOptions& options) {
  if (options.state_dir.empty()) return BadValue("state_dir", "state_dir is empty; name a folder");
  for (size_t i = 0; i < options.import_roots.size(); ++i) {
    if (options.import_roots[i].empty()) {
      return BadValue(absl::StrCat("import_roots[", i, "]"), "an import root is empty; name a folder");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ServerOptions::Validate() const {
  RETURN_IF_ERROR(CheckListen(listen));
  RETURN_IF_ERROR(PrefixField(CheckMetrics(metrics), "metrics"));
  RETURN_IF_ERROR(CheckFolders(*this));
  RETURN_IF_ERROR(CheckLimits(limits));
  RETURN_IF_ERROR(CheckRender(render, limits));
  RETURN_IF_ERROR(CheckJobs(jobs));
  RETURN_IF_ERROR(CheckOneOf("log.level", log.level, {"debug", "info", "warn", "error"}));
  return CheckOneOf("log.format", log.format, {"text", "json"});
}

}  // namespace facet::server
