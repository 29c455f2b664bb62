// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_EXIT_CODE_H_
#define FACET_SERVER_MAIN_EXIT_CODE_H_

#include "absl/status/status.h"

namespace facet::server {

// How facetd ends; docs/configuration.md. A second SIGTERM or SIGINT ends it with
// 128 + the signal.
enum ExitCode : int {
  kExitOk = 0,
  kExitInternal = 1,
  kExitConfiguration = 2,  // flags, configuration file, missing data folder
  kExitState = 3,          // the state folder cannot be used, or another server has it
  kExitAddress = 4,        // an address cannot be listened on
  kExitDeviceFault = 5,    // the compute device failed while serving
};

// For a server that could not start.
ExitCode ExitCodeOfStart(const absl::Status& error);

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_EXIT_CODE_H_
