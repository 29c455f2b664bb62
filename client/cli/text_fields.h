// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_TEXT_FIELDS_H_
#define FACET_CLIENT_CLI_TEXT_FIELDS_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "client/cli/yaml_message.h"

namespace facet::cli {

// Fills `message` from protobuf text and notes the lines of its fields, as
// ReadYaml does. Its parser ends at the first mistake: one is returned at the
// most, with line and column. Nothing is logged.
std::vector<FileMistake> ReadTextFields(const std::string& text, google::protobuf::Message& message, FieldLines& lines);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_TEXT_FIELDS_H_
