// SPDX-License-Identifier: Apache-2.0
#include "server/main/address_file.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace facet::server {

absl::StatusOr<std::unique_ptr<AddressFile>> AddressFile::Write(FileSystem* file_system, const std::string& state_dir,
                                                                const std::vector<std::string>& grpc_addresses,
                                                                const std::string& metrics_address) {
  std::string text;
  for (const std::string& address : grpc_addresses) absl::StrAppend(&text, "grpc=", address, "\n");
  if (!metrics_address.empty()) absl::StrAppend(&text, "metrics=", metrics_address, "\n");
  std::string path = absl::StrCat(state_dir, "/facetd.address");
  // Removes the file, too, where it was renamed into place and could not be
  // synced.
  std::unique_ptr<AddressFile> file(new AddressFile(file_system, path));
  RETURN_IF_ERROR(file_system->WriteFileAtomically(path, text));
  return file;
}

AddressFile::~AddressFile() { file_system_->RemoveAll(path_).IgnoreError(); }

}  // namespace facet::server
