// SPDX-License-Identifier: Apache-2.0
#include "server/core/config/server_config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

// Keeps the first complaint: those after it are mostly its consequences.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  // Lines and columns count from 0; line -1 is the file as a whole.
  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (!message_.empty()) return;
    message_ = message;
    if (line >= 0) place_ = absl::StrCat(":", line + 1, ":", column + 1);
  }

  const std::string& message() const { return message_; }
  const std::string& place() const { return place_; }

 private:
  std::string message_;
  std::string place_;
};

// The text between `before` and the next '"'; empty if there is none.
std::string Quoted(const std::string& text, absl::string_view before) {
  const size_t begin = text.find(std::string(before));
  if (begin == std::string::npos) return "";
  const size_t start = begin + before.size();
  return text.substr(start, text.find('"', start) - start);
}

// protobuf says which field it does not know; this says which was meant.
std::string SuggestField(const std::string& message) {
  const std::string type = Quoted(message, "Message type \"");
  const std::string field = Quoted(message, "has no field named \"");
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (field.empty() || descriptor == nullptr) return "";
  std::vector<std::string> names;
  for (int i = 0; i < descriptor->field_count(); ++i) names.push_back(descriptor->field(i)->name());
  return absl::StrCat(" ", SuggestNames(field, names, static_cast<int>(names.size())));
}

void Take(int32_t value, int& option) {
  if (value != 0) option = value;
}
void Take(const std::string& value, std::string& option) {
  if (!value.empty()) option = value;
}

LimitOptions LimitsFrom(const internal::LimitsConfig& config) {
  LimitOptions limits;
  Take(config.max_message_mib(), limits.max_message_mib);
  Take(config.max_render_batch(), limits.max_render_batch);
  Take(config.max_render_stream(), limits.max_render_stream);
  Take(config.max_render_queue(), limits.max_render_queue);
  Take(config.max_streams(), limits.max_streams);
  Take(config.max_queued_jobs(), limits.max_queued_jobs);
  Take(config.max_running_jobs(), limits.max_running_jobs);
  Take(config.max_upload_mib(), limits.max_upload_mib);
  Take(config.max_imports(), limits.max_imports);
  Take(config.max_loaded_models(), limits.max_loaded_models);
  Take(config.max_calls(), limits.max_calls);
  if (config.drain_seconds() != 0) limits.drain = absl::Seconds(config.drain_seconds());
  return limits;
}

RenderOptions RenderFrom(const internal::RenderConfig& config) {
  RenderOptions render;
  Take(config.max_batch(), render.max_batch);
  render.batch_wait = absl::Microseconds(config.batch_wait_us());
  render.threads = config.threads();
  Take(config.device(), render.device);
  return render;
}

JobOptions JobsFrom(const internal::JobsConfig& config) {
  JobOptions jobs;
  const auto days = [](int count) { return absl::Hours(24 * int64_t{count}); };
  if (config.max_silence_seconds() != 0) jobs.max_silence = absl::Seconds(config.max_silence_seconds());
  Take(config.max_ended(), jobs.max_ended);
  if (config.max_age_days() != 0) jobs.max_age = days(config.max_age_days());
  if (config.checkpoints_age_days() != 0) jobs.checkpoints_age = days(config.checkpoints_age_days());
  Take(config.max_progress_events(), jobs.max_progress_events);
  Take(config.max_restarts(), jobs.max_restarts);
  if (config.restart_backoff_ms() != 0) jobs.restart_backoff = absl::Milliseconds(config.restart_backoff_ms());
  Take(config.device(), jobs.device);
  return jobs;
}

}  // namespace

absl::StatusOr<internal::ServerConfig> ParseServerConfig(absl::string_view text, absl::string_view file_name) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  internal::ServerConfig config;
  if (parser.ParseFromString(std::string(text), &config)) return config;
  return InvalidField("", "INVALID_CONFIGURATION",
                      absl::StrCat(file_name, error.place(), ": ", error.message(), SuggestField(error.message())));
}

ServerOptions OptionsFromConfig(const internal::ServerConfig& config) {
  ServerOptions options;
  if (config.listen_size() > 0) options.listen.assign(config.listen().begin(), config.listen().end());
  Take(config.metrics(), options.metrics);
  Take(config.state_dir(), options.state_dir);
  Take(config.data_dir(), options.data_dir);
  options.import_roots.assign(config.import_roots().begin(), config.import_roots().end());
  Take(config.trainer_path(), options.trainer_path);
  options.limits = LimitsFrom(config.limits());
  options.render = RenderFrom(config.render());
  options.jobs = JobsFrom(config.jobs());
  options.bundled_models = !config.without_bundled_models();
  Take(config.log().level(), options.log.level);
  Take(config.log().format(), options.log.format);
  return options;
}

absl::StatusOr<ServerOptions> ReadServerConfig(FileSystem& file_system, const std::string& path) {
  auto text = file_system.ReadFile(path);
  if (!text.ok()) return Annotate(text.status(), "cannot read the configuration file");
  ASSIGN_OR_RETURN(const internal::ServerConfig config, ParseServerConfig(*text, path));
  return OptionsFromConfig(config);
}

}  // namespace facet::server
