// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_DATASET_IMPORT_H_
#define FACET_CLIENT_CLI_DATASET_IMPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "facet/v1/dataset.pb.h"

namespace facet::cli {

// What is imported, from where, as options of a command. 0, empty and false
// leave the choice to the server.
struct ImportOptions {
  std::string dataset;  // id
  std::string path;     // of a folder, here or on the server
  std::string format;   // csv, idx-digits or kdef; empty: csv, of bundled data theirs
  bool on_server = false;
  std::string bundled;
  std::string description;
  int image_size = 0;
  int examples_per_digit = 0;
  int skip_per_digit = 0;
  std::vector<std::string> sessions;
  std::vector<std::string> expressions;
  std::vector<std::string> angles;
  std::vector<std::string> people;
  std::vector<std::string> transforms;
  bool face_crop = false;
  float min_face = 0;
  float face_margin = 0;
  bool best_of_several = false;
};

// INVALID_ARGUMENT: an unknown format, neither a folder nor bundled data, or two
// options that do not go together.
absl::StatusOr<v1::ImportSpec> MakeImportSpec(const ImportOptions& options);

// Imports, with a bar unless --json was given; `folder` is uploaded where the
// spec's source is an upload. Errors of the server.
absl::StatusOr<v1::Dataset> RunImport(Context& context, v1::ImportSpec spec, const std::string& folder);

// A data set for people, several lines.
std::string DescribeDataset(const v1::Dataset& dataset);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_DATASET_IMPORT_H_
