// SPDX-License-Identifier: Apache-2.0
#include "client/cli/text_message.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace facet::cli {
namespace {

// Without one, protobuf logs.
class Mistakes final : public google::protobuf::io::ErrorCollector {
 public:
  explicit Mistakes(absl::string_view where) : where_(where) {}
  void AddError(int line, int column, const std::string& message) override {
    // Of the whole text: -1.
    const std::string place = line < 0 ? "" : absl::StrCat(":", line + 1, ": column ", column + 1);
    lines_.push_back(absl::StrCat(where_, place, ": ", message));
  }
  std::string ToString() const { return absl::StrJoin(lines_, "\n"); }

 private:
  const absl::string_view where_;
  std::vector<std::string> lines_;
};

}  // namespace

absl::Status ParseTextMessage(const std::string& text, absl::string_view where, google::protobuf::Message& message) {
  Mistakes mistakes(where);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&mistakes);
  if (parser.ParseFromString(text, &message)) return absl::OkStatus();
  return absl::InvalidArgumentError(mistakes.ToString());
}

}  // namespace facet::cli
