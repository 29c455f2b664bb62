// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPORT_MEND_H_
#define FACET_CLIENT_CLI_EXPORT_MEND_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "client/cli/export_sample.h"
#include "client/cli/export_state.h"
#include "client/cli/export_writer.h"
#include "facet/client/batch_reader.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::cli {

struct MendOptions {
  FileSystem* file_system = FileSystem::Posix();
  std::string folder;  // of the export
  v1::FeatureSchema schema;
  ExportImage image = ExportImage::kPng;
  // A writer of the export's format to another folder.
  std::function<std::unique_ptr<ExportWriter>(const std::string& folder)> write_to;
  // The stream behind the part's token, of `part.batches` or more.
  std::function<absl::StatusOr<std::unique_ptr<client::BatchReader>>(const ExportPart& part)> open;
  bool quiet = false;  // no progress
};

// Reads all files of the export that `state` is of and compares them with their
// checksums. A part of which one is missing or changed is made again, aside, and
// takes its place if it is byte for byte what was written first; standard error
// tells of it. Blocks on I/O and on the stream.
//
// DATA_LOSS, with the bad files and what to do: a part cannot be made again
// (`state.made` has it not), and nothing was changed; or a part came out
// different, and it stays as it was found. Errors of stream and disk.
absl::Status MendParts(const MendOptions& options, const ExportState& state);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPORT_MEND_H_
