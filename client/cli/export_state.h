// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPORT_STATE_H_
#define FACET_CLIENT_CLI_EXPORT_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::cli {

inline constexpr char kExportStateFile[] = "export.json";

// What a part is made again from.
struct ExportPart {
  std::string token;  // of the batch before it; empty: it begins the stream
  int64_t batches = 0;
  int64_t first_image = 0;
  std::string digest;  // ExportWriter::End

  bool operator==(const ExportPart&) const = default;
};

// How far an export has come: all before `token` is on the disk. Kept in the
// export's folder, written before the first part and replaced after each.
struct ExportState {
  // What must be the same to go on: the stream's fingerprint, how it is written,
  // and which of the stream's batches are.
  std::string fingerprint;
  std::string form;
  std::string reader;  // DescribeReader
  // The versions that it began with, as the fingerprint has them.
  std::string model_version;
  std::string dataset_version;              // empty: no real images
  std::vector<std::string> judge_versions;  // of the filter's judges, in order
  std::string token;                        // of the last batch written
  int64_t batches = 0;
  int64_t images = 0;
  int parts = 0;
  // By number; those that an older program wrote are not there.
  std::map<int, ExportPart> made;
  bool complete = false;

  bool operator==(const ExportState&) const = default;
};

// Which batches of a stream `spec` reads, however many: "rank 1 of 4, from epoch
// 0".
std::string DescribeReader(const v1::StreamSpec& spec);

// The state of the export in `folder`, if there is one. DATA_LOSS: the file is no
// state.
absl::StatusOr<std::optional<ExportState>> LoadExportState(FileSystem& file_system, const std::string& folder);

// Has `spec` ask for the versions that the export began with where it names a
// model, data set or judge without one: what is imported or trained meanwhile
// does not end an export.
void KeepVersions(const ExportState& found, v1::StreamSpec& spec);

// FAILED_PRECONDITION: the export that `found` is of, in `folder`, is not the one
// that `wanted` begins; the message says what differs.
absl::Status CheckSameExport(const ExportState& found, const ExportState& wanted, const std::string& folder);

// FAILED_PRECONDITION: `folder`, without a state, holds what looks like files of
// an export: they would lie among those of the one that begins.
absl::Status CheckNoRemains(FileSystem& file_system, const std::string& folder);

// FAILED_PRECONDITION: shards lie in `folder` that the export of `found` has not
// come to; who reads all of its shards would read them, too.
absl::Status CheckNoStrangers(FileSystem& file_system, const std::string& folder, const ExportState& found);

absl::Status SaveExportState(FileSystem& file_system, const std::string& folder, const ExportState& state);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPORT_STATE_H_
