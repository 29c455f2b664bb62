// SPDX-License-Identifier: Apache-2.0
#include "client/cli/output.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "base/file_system.h"
#include "client/cli/shown_text.h"

namespace facet::cli {
namespace {

std::string Json(const google::protobuf::Message& message, bool whitespace) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = whitespace;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return ShownJson(json);
}

// Of a failed write to standard output, whose errno was `error`.
absl::Status OutputError(int error) {
  if (!OutputIsWanted()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("cannot write to standard output", error == 0 ? "" : absl::StrCat(": ", std::strerror(error))));
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) { return Json(message, true); }

std::string ToJsonLine(const google::protobuf::Message& message) { return Json(message, false); }

void PrintJsonFields(const std::vector<std::pair<std::string, std::string>>& fields) {
  google::protobuf::Struct object;
  for (const auto& [name, value] : fields) (*object.mutable_fields())[name].set_string_value(Utf8Text(value));
  PrintLine(ToJson(object));
}

void PrintRemoved(bool json, const std::string& name) {
  if (json) return PrintJsonFields({{"removed", name}});
  PrintLine(absl::StrCat(name, ": removed"));
}

int TextColumns(absl::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void PrintLine(absl::string_view text) {
  PrintRaw(ShownText(text));
  if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
}

void PrintRaw(absl::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); }

absl::Status FlushOutput() {
  errno = 0;
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return written ? absl::OkStatus() : OutputError(errno);
}

bool OutputIsWanted() {
  pollfd output = {.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return poll(&output, 1, 0) < 1 || (output.revents & (POLLERR | POLLHUP)) == 0;
}

std::string Table::ToString() const {
  std::vector<int> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], TextColumns(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, row[i], std::string(widths[i] - TextColumns(row[i]) + 2, ' '));
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

absl::Status CheckJsonAlone(bool json, const std::string& path, bool show) {
  if (!json || (path != "-" && !show)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--json and ", show ? "--show" : "--out -", " exclude each other: both go to standard output"));
}

absl::Status WriteOutput(const std::string& path, absl::string_view bytes) {
  if (path != "-") return FileSystem::Posix()->WriteFileAtomically(path, bytes);
  errno = 0;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  return written ? absl::OkStatus() : OutputError(errno);
}

std::string FormatBytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 999.5 && unit < 4) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? absl::StrCat(bytes, " B") : absl::StrFormat("%.3g %s", value, kUnits[unit]);
}

std::string FormatTime(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixSeconds(time.seconds()), absl::LocalTimeZone());
}

std::string StateName(v1::TrainingJobState state) {
  const std::string name = v1::TrainingJobState_Name(state);
  return absl::AsciiStrToLower(absl::StripPrefix(name, "TRAINING_JOB_STATE_"));
}

std::string TaskName(const v1::TrainingSpec& spec) {
  if (spec.has_evaluation()) return "evaluation";
  return spec.has_augmentation() ? "augmentation" : "training";
}

}  // namespace facet::cli
