// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_TEXT_MESSAGE_H_
#define FACET_CLIENT_CLI_TEXT_MESSAGE_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace facet::cli {

// Reads protobuf text form into `message`. INVALID_ARGUMENT says each mistake on
// a line of its own: "WHERE:3: column 5: message", of a field that there is not
// with the nearest; `where` is a file or an option. Nothing is logged.
absl::Status ParseTextMessage(const std::string& text, absl::string_view where, google::protobuf::Message& message);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_TEXT_MESSAGE_H_
