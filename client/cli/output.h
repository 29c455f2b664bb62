// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_OUTPUT_H_
#define FACET_CLIENT_CLI_OUTPUT_H_

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "facet/v1/training.pb.h"

namespace facet::cli {

// A message as JSON (protobuf's mapping, field names as in the .proto). What
// steers a terminal is escaped.
std::string ToJson(const google::protobuf::Message& message);
// Likewise, on one line: where several follow each other.
std::string ToJsonLine(const google::protobuf::Message& message);

// Prints messages as one JSON array on standard output.
template <typename Messages>
void PrintJsonList(const Messages& messages);

// Prints one flat JSON object of texts on standard output.
void PrintJsonFields(const std::vector<std::pair<std::string, std::string>>& fields);

// Says that something was removed: with `json` an object, else a line.
void PrintRemoved(bool json, const std::string& name);

// Prints a text for people, or what ToJson made; what it lacks of a line break at
// its end is added. As ShownText has it.
void PrintLine(absl::string_view text);

// Prints bytes as they are.
void PrintRaw(absl::string_view bytes);

// Columns that UTF-8 text takes where each character takes one.
int TextColumns(absl::string_view text);

// Columns as wide as their widest cell, two spaces between, a header row.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string ToString() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Writes out what was printed. INTERNAL: it cannot be written (a full disk).
// Not so where the reader has gone: it wants no more.
absl::Status FlushOutput();

// Whether somebody may still read standard output: false once the reader of a
// pipe has gone.
bool OutputIsWanted();

// INVALID_ARGUMENT where a picture would go to standard output ("-" as `path`,
// or drawn by --show) beside the JSON that was asked for.
absl::Status CheckJsonAlone(bool json, const std::string& path, bool show);

// Writes to a temporary name and renames. "-" is standard output, of which
// FlushOutput's holds.
absl::Status WriteOutput(const std::string& path, absl::string_view bytes);

// "12.3 MB" (powers of 1000).
std::string FormatBytes(uint64_t bytes);
// "2026-01-31 12:00" in local time.
std::string FormatTime(const google::protobuf::Timestamp& time);
// "running", "queued".
std::string StateName(v1::TrainingJobState state);
// What a job does: "training", "evaluation", "augmentation".
std::string TaskName(const v1::TrainingSpec& spec);
template <typename Messages>
void PrintJsonList(const Messages& messages) {
  std::string text = "[";
  for (const auto& message : messages) {
    if (text.size() > 1) text += ",";
    text += "\n" + ToJson(message);
  }
  PrintLine(text + "]");
}

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_OUTPUT_H_
