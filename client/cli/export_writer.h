// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPORT_WRITER_H_
#define FACET_CLIENT_CLI_EXPORT_WRITER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "client/cli/export_sample.h"

namespace facet::cli {

// Writes an export in parts: a part is there whole or not at all, so that an
// export that was cut goes on with the part that was cut. A part that is written
// again replaces what is there. Not thread-safe; blocks on I/O. Errors of
// FileSystem.
class ExportWriter {
 public:
  virtual ~ExportWriter() = default;

  virtual absl::Status Begin(int part) = 0;
  virtual absl::Status Add(const ExportSample& sample) = 0;
  // Forces the part to the disk. Returns a digest of all of it: of equal samples
  // an equal one.
  virtual absl::StatusOr<std::string> End() = 0;
  // Reads a part that was ended before, in this process or another, and returns
  // what is wrong with it, a line a file ("shard-000002.tar is missing"); none:
  // it is whole. `digest` is what End returned; where it is not known (empty) the
  // part's list of checksums is believed.
  virtual absl::StatusOr<std::vector<std::string>> Check(int part, const std::string& digest) = 0;
  // After the last of `parts`: the list of checksums (SHA256SUMS, as
  // sha256sum(1) writes it) and the manifest, where the format has one. May be
  // called again.
  virtual absl::Status Complete(int parts) = 0;
};

struct ExportWriterOptions {
  FileSystem* file_system = FileSystem::Posix();
  std::string folder;  // made where it is not there
  std::vector<std::string> features;
  ExportImage image = ExportImage::kPng;
  // Index in `features` of what WebDataset's `cls` says; -1: no `cls`.
  int label = -1;
};

inline constexpr char kImagesFolder[] = "images";  // of the folder writer

// WebDataset: `shard-000000.tar` and so on, one a part, with `000000000.png`,
// `000000000.json` and `000000000.cls` of each image.
std::unique_ptr<ExportWriter> MakeTarWriter(ExportWriterOptions options);

// Images in `images/`, `manifest.csv` with `path` and the heaviest class of each
// feature, which `facet dataset import --format csv` reads, and `labels.jsonl`
// with a line an image.
std::unique_ptr<ExportWriter> MakeFolderWriter(ExportWriterOptions options);

// "000000042": the name of a sample's files.
std::string SampleKey(int64_t number);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPORT_WRITER_H_
