// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPORT_STREAM_H_
#define FACET_CLIENT_CLI_EXPORT_STREAM_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "client/cli/context.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::cli {

// `facet stream --out`: writes a stream to the disk.
struct ExportOptions {
  std::string out;                    // folder; empty: no export
  std::string format = "webdataset";  // or "folder"
  std::string image = "png";          // or "jpg", "npy"
  std::string label;                  // feature that `cls` is the class of
  int64_t part_images = 10000;        // images a shard, at least; whole batches
};

void AddExportOptions(CLI::App& command, ExportOptions& options);

// Writes the stream of `spec`, `batches` of it (0: all), to `options.out`: its
// pixel type, layout, normalization and labels are the format's. What is there of
// the same export is read and compared with its checksums, what is bad of it made
// again (MendParts), and gone on with. INVALID_ARGUMENT: no end, an unknown label.
// FAILED_PRECONDITION: another export, or files of none, are in the folder.
// DATA_LOSS: what is bad cannot be made again. Errors of client and disk; what was
// finished before stays and is gone on with.
absl::Status ExportStream(Context& context, v1::StreamSpec spec, const ExportOptions& options, int64_t batches,
                          int prefetch);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPORT_STREAM_H_
