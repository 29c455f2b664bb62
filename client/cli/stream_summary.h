// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_STREAM_SUMMARY_H_
#define FACET_CLIENT_CLI_STREAM_SUMMARY_H_

#include <cstdint>
#include <string>

#include "client/cli/export_state.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::cli {

// What a command has read of a stream.
struct StreamTotals {
  int64_t batches = 0;
  int64_t images = 0;
  int64_t bytes = 0;  // of the messages
  double seconds = 0;
  // By the filter of the recipe.
  bool filtered = false;
  int64_t rendered = 0;
  int64_t kept = 0;

  // All but the time.
  void Add(const v1::StreamBatchesResponse& batch);
};

// Where what was read has gone, if anywhere.
struct StreamFiles {
  std::string sheet;
  std::string export_folder;
  ExportState exported;  // with `export_folder`
};

// What `facet --json stream` prints at its end, an object: `description` (a
// DescribeStreamResponse), `batches`, `images`, `bytes` and `seconds` of what was
// read, with a filter `filter` {rendered, kept}, then `sheet`, or `export` {out,
// batches, images, parts, complete} of all that lies in the folder.
std::string StreamJson(const v1::DescribeStreamResponse& described, const StreamTotals& totals,
                       const StreamFiles& files);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_STREAM_SUMMARY_H_
