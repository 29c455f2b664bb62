// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_BENCH_STREAM_H_
#define FACET_CLIENT_CLI_BENCH_STREAM_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/context.h"

namespace facet::cli {

struct BenchStreamOptions {
  std::string model;
  std::string spec_file;
  std::string pixel_type;  // "uint8", "float16", ...; empty: of the file
  int batch_size = 0;
  // Other addresses of the server, such as unix:/path, whose transport is
  // measured, too.
  std::vector<std::string> also;
  int streams = 64;
  // Process of the server on this machine, whose resident memory is read while
  // `stalled` clients do not read what they asked for. 0: left out.
  int server_pid = 0;
  int stalled = 32;
  double seconds = 2;  // of each measurement
  int rounds = 3;      // of which the middle ratio counts
};

// Measures streams of a running server, each figure as a ratio of two
// measurements that take turns: the transport against a bare gRPC stream of the
// same messages, rendering against the engine alone, the first batch against
// later ones, many streams against one; and what stalled clients cost. Prints
// each as it comes or, with --json, all as one object.
absl::Status BenchStream(Context& context, const BenchStreamOptions& options);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_BENCH_STREAM_H_
