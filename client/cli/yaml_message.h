// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_YAML_MESSAGE_H_
#define FACET_CLIENT_CLI_YAML_MESSAGE_H_

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace facet::cli {

// Lines, counted from 1, of the fields that a file sets, by path:
// "recipe.features[1].pairs.beta".
using FieldLines = std::map<std::string, int>;

// A mistake in a file.
struct FileMistake {
  int line = 0;       // 0: of the whole file
  std::string field;  // may be empty
  std::string message;
};

// Fills `message` from YAML, of which JSON is a part. Keys are the field names
// of the .proto, or its JSON names; enum values may be short and in lower case
// ("fill" for LAST_BATCH_FILL); one value does for a list of one; null, or nothing
// at all, leaves a field unset; whole numbers are digits. Returns all mistakes:
// unknown keys (with the nearest that there are), keys twice, values of the wrong
// kind, two members of one oneof, a second document. What is right is set all the
// same.
std::vector<FileMistake> ReadYaml(const std::string& text, google::protobuf::Message& message, FieldLines& lines);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_YAML_MESSAGE_H_
