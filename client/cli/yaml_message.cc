// SPDX-License-Identifier: Apache-2.0
#include "client/cli/yaml_message.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <type_traits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/names.h"

namespace facet::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What values of an enum have in common: "LAST_BATCH_" of LastBatch's.
std::string EnumPrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return prefix + "_";
}

std::vector<std::string> ShortNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  const size_t prefix = EnumPrefix(type).size();
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(absl::AsciiStrToLower(type.value(i)->name().substr(prefix)));
  }
  return names;
}

const EnumValueDescriptor* FindValue(const EnumDescriptor& type, const std::string& text) {
  const std::string name = absl::StrReplaceAll(absl::AsciiStrToUpper(text), {{"-", "_"}});
  const EnumValueDescriptor* value = type.FindValueByName(name);
  return value != nullptr ? value : type.FindValueByName(EnumPrefix(type) + name);
}

const FieldDescriptor* FindField(const Descriptor& type, const std::string& key) {
  const FieldDescriptor* field = type.FindFieldByName(key);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(key);
}

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

std::string Join(const std::string& path, const std::string& name) {
  return path.empty() ? name : absl::StrCat(path, ".", name);
}

const char* KindName(const YAML::Node& node) {
  return node.IsMap() ? "a mapping" : node.IsSequence() ? "a list" : node.IsScalar() ? "a single value" : "nothing";
}

// Walks through a document and a message at once.
class Reader {
 public:
  Reader(std::vector<FileMistake>& mistakes, FieldLines& lines) : mistakes_(mistakes), lines_(lines) {}

  void ReadMessage(const YAML::Node& node, const std::string& path, Message& message) {
    if (!node.IsMap()) {
      return Mistake(node, path, absl::StrCat("must be a mapping of fields, not ", KindName(node)));
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const FieldDescriptor* field = FindField(*message.GetDescriptor(), key);
      if (field == nullptr) {
        Mistake(entry.first, Join(path, key),
                absl::StrCat("there is no such field. ", SuggestNames(key, FieldNames(*message.GetDescriptor()))));
      } else if (!seen.insert(field->name()).second) {
        Mistake(entry.first, Join(path, key), "is there twice");
      } else if (entry.second.IsNull()) {
        continue;  // not set, as in protobuf's JSON
      } else if (CheckOneof(entry.first, *field, path, message)) {
        ReadField(entry.second, *field, Join(path, field->name()), message);
      }
    }
  }

 private:
  void Mistake(const YAML::Node& node, const std::string& path, const std::string& message) {
    mistakes_.push_back({node.Mark().line + 1, path, message});
  }

  bool CheckOneof(const YAML::Node& key, const FieldDescriptor& field, const std::string& path,
                  const Message& message) {
    const auto* oneof = field.real_containing_oneof();
    if (oneof == nullptr || !message.GetReflection()->HasOneof(message, oneof)) return true;
    const FieldDescriptor* other = message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
    Mistake(key, Join(path, field.name()), absl::StrCat("and ", other->name(), " exclude each other"));
    return false;
  }

  void ReadField(const YAML::Node& node, const FieldDescriptor& field, const std::string& path, Message& message) {
    lines_[path] = node.Mark().line + 1;
    if (!field.is_repeated()) return ReadValue(node, field, path, message);
    if (!node.IsSequence()) {
      lines_[path + "[0]"] = node.Mark().line + 1;
      return ReadValue(node, field, path, message);
    }
    for (size_t i = 0; i < node.size(); ++i) {
      const std::string element = absl::StrCat(path, "[", i, "]");
      lines_[element] = node[i].Mark().line + 1;
      ReadValue(node[i], field, element, message);
    }
  }

  void ReadValue(const YAML::Node& node, const FieldDescriptor& field, const std::string& path, Message& message) {
    const Reflection& reflection = *message.GetReflection();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* child =
          field.is_repeated() ? reflection.AddMessage(&message, &field) : reflection.MutableMessage(&message, &field);
      return ReadMessage(node, path, *child);
    }
    if (!node.IsScalar()) return Mistake(node, path, absl::StrCat("must be a single value, not ", KindName(node)));
    const std::string& text = node.Scalar();
    if (!SetScalar(text, field, message)) Mistake(node, path, absl::StrCat("'", text, "' is ", Expected(text, field)));
  }

  // What was wrong with the value: "no whole number".
  static std::string Expected(const std::string& text, const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return "neither true nor false";
      case FieldDescriptor::CPPTYPE_ENUM:
        return absl::StrCat("no ", field.enum_type()->name(), ". ",
                            SuggestNames(absl::AsciiStrToLower(text), ShortNames(*field.enum_type())));
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return "no number";
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
        return "no whole number from 0 on, or too large";
      default:
        return "no whole number, or too large";
    }
  }

  // Digits only, with a sign where the type has one: no blanks, no '+'.
  template <typename Integer>
  static bool ReadInteger(absl::string_view text, Integer& value) {
    absl::string_view digits = text;
    if (std::is_signed_v<Integer>) absl::ConsumePrefix(&digits, "-");
    return std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) && absl::SimpleAtoi(text, &value);
  }

  // False: the text is no value of the field.
  static bool SetScalar(const std::string& text, const FieldDescriptor& field, Message& message) {
    const Reflection& reflection = *message.GetReflection();
    const auto set = [&](auto value, auto setter, auto adder) {
      field.is_repeated() ? (reflection.*adder)(&message, &field, std::move(value))
                          : (reflection.*setter)(&message, &field, std::move(value));
      return true;
    };
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32: {
        int32_t value = 0;
        return ReadInteger(text, value) && set(value, &Reflection::SetInt32, &Reflection::AddInt32);
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        int64_t value = 0;
        return ReadInteger(text, value) && set(value, &Reflection::SetInt64, &Reflection::AddInt64);
      }
      case FieldDescriptor::CPPTYPE_UINT64: {
        uint64_t value = 0;
        return ReadInteger(text, value) && set(value, &Reflection::SetUInt64, &Reflection::AddUInt64);
      }
      case FieldDescriptor::CPPTYPE_FLOAT: {
        float value = 0;
        return absl::SimpleAtof(text, &value) && set(value, &Reflection::SetFloat, &Reflection::AddFloat);
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        double value = 0;
        return absl::SimpleAtod(text, &value) && set(value, &Reflection::SetDouble, &Reflection::AddDouble);
      }
      case FieldDescriptor::CPPTYPE_BOOL: {
        bool value = false;
        return absl::SimpleAtob(text, &value) && set(value, &Reflection::SetBool, &Reflection::AddBool);
      }
      case FieldDescriptor::CPPTYPE_STRING:
        return set(text, &Reflection::SetString, &Reflection::AddString);
      case FieldDescriptor::CPPTYPE_ENUM: {
        const EnumValueDescriptor* value = FindValue(*field.enum_type(), text);
        return value != nullptr && set(value, &Reflection::SetEnum, &Reflection::AddEnum);
      }
      default:
        return false;
    }
  }

  std::vector<FileMistake>& mistakes_;
  FieldLines& lines_;
};

}  // namespace

std::vector<FileMistake> ReadYaml(const std::string& text, Message& message, FieldLines& lines) {
  std::vector<FileMistake> mistakes;
  // yaml-cpp throws; nothing leaves this function.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty()) return mistakes;
    if (!documents[0].IsNull()) Reader(mistakes, lines).ReadMessage(documents[0], "", message);
    if (documents.size() > 1) {
      mistakes.push_back({documents[1].Mark().line + 1, "", "is a second document (behind '---'); there may be one"});
    }
  } catch (const YAML::Exception& e) {
    mistakes.push_back({e.mark.is_null() ? 0 : e.mark.line + 1, "", absl::StrCat("is not YAML: ", e.msg)});
  }
  return mistakes;
}

}  // namespace facet::cli
