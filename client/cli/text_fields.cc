// SPDX-License-Identifier: Apache-2.0
#include "client/cli/text_fields.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace facet::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

// Keeps the errors of a text-format parse with their lines.
class Mistakes final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    mistakes.push_back({line, column, message});
  }
  struct Mistake {
    int line, column;  // from 0; the line is -1 of the whole text
    std::string message;
  };
  std::vector<Mistake> mistakes;
};

// Lines of the fields that are set, from where the parser met them.
void CollectLines(const google::protobuf::Message& message, google::protobuf::TextFormat::ParseInfoTree& tree,
                  const std::string& path, FieldLines& lines) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string name = path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = field->is_repeated() ? i : -1;
      const std::string element = field->is_repeated() ? absl::StrCat(name, "[", i, "]") : name;
      const int line = tree.GetLocation(field, index).line + 1;
      lines.emplace(name, line);
      lines[element] = line;
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      auto* nested = tree.GetTreeForNested(field, index);
      const auto& child = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                               : reflection.GetMessage(message, field);
      if (nested != nullptr) CollectLines(child, *nested, element, lines);
    }
  }
}

// The enum of a field called `name`, in `type` or a message within; nullptr: none.
const EnumDescriptor* FindEnum(const Descriptor& type, absl::string_view name, std::set<const Descriptor*>& seen) {
  if (!seen.insert(&type).second) return nullptr;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.enum_type() != nullptr && field.name() == name) return field.enum_type();
    if (field.message_type() == nullptr) continue;
    if (const auto* found = FindEnum(*field.message_type(), name, seen); found != nullptr) return found;
  }
  return nullptr;
}

std::string Names(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(type.value(i)->name());
  }
  return absl::StrJoin(names, ", ");
}

// The parser tells of a bad enum value when it is at the token behind it: the
// value is the last such word in front.
void StepBack(const std::string& text, absl::string_view value, Mistakes::Mistake& mistake) {
  size_t place = 0;
  for (int line = 0; line < mistake.line && place != std::string::npos; ++line) {
    place = text.find('\n', place);
    if (place != std::string::npos) ++place;
  }
  if (place == std::string::npos) return;
  place = text.rfind(std::string(value), place + static_cast<size_t>(std::max(0, mistake.column)));
  if (place == std::string::npos) return;
  mistake.line = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<int64_t>(place), '\n'));
  const size_t before = text.rfind('\n', place);
  mistake.column = static_cast<int>(before == std::string::npos ? place : place - before - 1);
}

// `Unknown enumeration value of "FIL" for field "last_batch".`, with the names
// that there are.
void ExplainEnum(const std::string& text, const Descriptor& type, Mistakes::Mistake& mistake) {
  absl::string_view message = mistake.message;
  if (!absl::ConsumePrefix(&message, "Unknown enumeration value of \"")) return;
  const std::vector<absl::string_view> parts = absl::StrSplit(message, '"');
  if (parts.size() < 3) return;
  const std::string value(parts[0]);
  std::set<const Descriptor*> seen;
  const EnumDescriptor* const found = FindEnum(type, parts[2], seen);
  StepBack(text, value, mistake);
  if (found == nullptr) return;
  mistake.message = absl::StrCat("'", value, "' is no ", found->name(), ". There are: ", Names(*found), ".");
}

}  // namespace

std::vector<FileMistake> ReadTextFields(const std::string& text, google::protobuf::Message& message,
                                        FieldLines& lines) {
  Mistakes collector;
  google::protobuf::TextFormat::ParseInfoTree tree;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  parser.WriteLocationsTo(&tree);
  if (parser.ParseFromString(text, &message)) CollectLines(message, tree, "", lines);
  std::vector<FileMistake> mistakes;
  for (Mistakes::Mistake& mistake : collector.mistakes) {
    ExplainEnum(text, *message.GetDescriptor(), mistake);
    mistakes.push_back({mistake.line + 1, "", absl::StrCat("column ", mistake.column + 1, ": ", mistake.message)});
  }
  return mistakes;
}

}  // namespace facet::cli
