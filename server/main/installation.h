// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_INSTALLATION_H_
#define FACET_SERVER_MAIN_INSTALLATION_H_

#include <string>

#include "absl/status/status.h"
#include "base/file_system.h"
#include "server/core/config/server_options.h"

namespace facet::server {

// Fills in data_dir and trainer_path where they are empty: the trainer beside
// the running program, the data in `../share/facet` from it, or, where it runs
// out of a build folder, in the source tree. NOT_FOUND says which file was
// looked for where, and the setting that names it.
absl::Status LocateInstallation(FileSystem& file_system, ServerOptions& options);

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_INSTALLATION_H_
