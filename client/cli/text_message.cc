// SPDX-License-Identifier: Apache-2.0
#include "client/cli/text_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/names.h"

namespace facet::cli {
namespace {

// What was probably meant, of `Message type "facet.v1.TrainingOptions" has no
// field named "stepps".`, with a blank in front; empty for other mistakes.
std::string SuggestField(const std::string& mistake, const google::protobuf::DescriptorPool& pool) {
  const std::vector<std::string> parts = absl::StrSplit(mistake, '"');
  if (parts.size() != 5 || parts[2] != " has no field named ") return "";
  const google::protobuf::Descriptor* type = pool.FindMessageTypeByName(parts[1]);
  if (type == nullptr) return "";
  std::vector<std::string> fields;
  for (int i = 0; i < type->field_count(); ++i) fields.emplace_back(type->field(i)->name());
  return absl::StrCat(" ", SuggestNames(parts[3], fields));
}

// Without one, protobuf logs.
class Mistakes final : public google::protobuf::io::ErrorCollector {
 public:
  // `pool` has the messages that mistakes are about.
  Mistakes(absl::string_view where, const google::protobuf::DescriptorPool& pool) : where_(where), pool_(pool) {}
  void AddError(int line, int column, const std::string& message) override {
    // Of the whole text: -1.
    const std::string place = line < 0 ? "" : absl::StrCat(":", line + 1, ": column ", column + 1);
    lines_.push_back(absl::StrCat(where_, place, ": ", message, SuggestField(message, pool_)));
  }
  std::string ToString() const { return absl::StrJoin(lines_, "\n"); }

 private:
  const absl::string_view where_;
  const google::protobuf::DescriptorPool& pool_;
  std::vector<std::string> lines_;
};

}  // namespace

absl::Status ParseTextMessage(const std::string& text, absl::string_view where, google::protobuf::Message& message) {
  Mistakes mistakes(where, *message.GetDescriptor()->file()->pool());
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&mistakes);
  if (parser.ParseFromString(text, &message)) return absl::OkStatus();
  return absl::InvalidArgumentError(mistakes.ToString());
}

}  // namespace facet::cli
