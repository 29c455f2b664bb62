// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_VERSION_FOLDERS_H_
#define FACET_SERVER_CORE_STORE_VERSION_FOLDERS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "base/file_system.h"

namespace facet::server {

// Brings `<root>/<id>/<version>/` in line with the store after a crash: removes
// half-written folders, and those whose row was not yet written or already
// deleted. `find` looks a version up: OK, NOT_FOUND, or an error that ends it.
absl::Status RemoveUnregisteredVersions(
    FileSystem& file_system, const std::string& root,
    const std::function<absl::Status(const std::string& id, int64_t version)>& find);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_VERSION_FOLDERS_H_
