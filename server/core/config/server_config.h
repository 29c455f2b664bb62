// SPDX-License-Identifier: Apache-2.0
// The configuration file of facetd: facet.internal.ServerConfig in protobuf
// text form.
#ifndef FACET_SERVER_CORE_CONFIG_SERVER_CONFIG_H_
#define FACET_SERVER_CORE_CONFIG_SERVER_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "facet/internal/config.pb.h"
#include "server/core/config/server_options.h"

namespace facet::server {

// INVALID_ARGUMENT (reason INVALID_CONFIGURATION) names file, line and column,
// and the nearest field where one is unknown.
absl::StatusOr<internal::ServerConfig> ParseServerConfig(absl::string_view text, absl::string_view file_name);

// The options that a configuration means; what it leaves out keeps its default.
// The result is not validated yet: flags may still change it.
ServerOptions OptionsFromConfig(const internal::ServerConfig& config);

// Both, from a file. Errors of FileSystem, too.
absl::StatusOr<ServerOptions> ReadServerConfig(FileSystem& file_system, const std::string& path);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_CONFIG_SERVER_CONFIG_H_
