// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_PROGRAM_PATHS_H_
#define FACET_SERVER_MAIN_PROGRAM_PATHS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "server/core/config/server_options.h"

namespace facet::server {

// Folder of the running program, absolute.
absl::StatusOr<std::string> ProgramFolder();

// Fills in the data folder and the trainer where the options name none, and
// makes every path absolute. `program_folder` is where facetd lies: data is in
// ../share/facet of an installation or in the source tree that it was built in,
// facet-trainer beside it. NOT_FOUND (reason DATA_NOT_FOUND): no data folder; the
// message names where it was looked for.
absl::Status ResolvePaths(FileSystem& file_system, const std::string& program_folder, ServerOptions& options);

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_PROGRAM_PATHS_H_
