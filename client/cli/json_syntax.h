// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_JSON_SYNTAX_H_
#define FACET_CLIENT_CLI_JSON_SYNTAX_H_

#include <optional>
#include <string>

#include "client/cli/yaml_message.h"

namespace facet::cli {

// What makes `text` no JSON (RFC 8259), the first there is; nullopt: it is JSON.
// A byte order mark in front is none.
std::optional<FileMistake> FindJsonMistake(const std::string& text);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_JSON_SYNTAX_H_
