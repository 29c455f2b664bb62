// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXIT_CODE_H_
#define FACET_CLIENT_CLI_EXIT_CODE_H_

#include "absl/status/status.h"

namespace facet::cli {

inline constexpr int kExitUsage = 2;

inline constexpr char kExitCodeHelp[] =
    "Exit codes: 0 done; 1 failed; 2 wrong usage or bad value; 3 no such thing; 4 not possible in this state, "
    "or exists already; 5 server busy or full; 6 server unreachable or shutting down; 7 too late (deadline); "
    "8 damaged data; 9 a training job failed or was cancelled; 130 interrupted.";

// Exit code of the program for how the command ended.
int ExitCode(const absl::Status& status);

// "facet: message (REASON)", then what to do about it, on standard error.
void PrintError(const absl::Status& status);

// A status for a training job that ended without success: exit code 9.
absl::Status JobFailedError(const std::string& message);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXIT_CODE_H_
