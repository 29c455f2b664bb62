// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_DATASETS_IMPORT_SOURCE_H_
#define FACET_SERVER_CORE_DATASETS_IMPORT_SOURCE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "facet/v1/dataset.pb.h"

namespace facet::server {

// The real path of a folder that a client names, if it lies below one of
// `roots` once symbolic links are followed. PERMISSION_DENIED (reason
// OUTSIDE_IMPORT_ROOTS) where it does not, whether it exists or not.
// INVALID_ARGUMENT
// (reason BAD_SOURCE): no such folder below a root, or a path that no system
// takes.
absl::StatusOr<std::string> ResolveImportFolder(const std::string& path, const std::vector<std::string>& roots);

// The folder of data that ships with the server. INVALID_ARGUMENT: unknown
// name, or a format that it does not have.
absl::StatusOr<std::string> ResolveBundled(const v1::ImportSpec& spec, const std::string& bundled_dir);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_DATASETS_IMPORT_SOURCE_H_
