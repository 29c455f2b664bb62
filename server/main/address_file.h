// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_MAIN_ADDRESS_FILE_H_
#define FACET_SERVER_MAIN_ADDRESS_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file_system.h"

namespace facet::server {

// `<state>/facetd.address`: where a running server listens, for scripts that let
// it choose a free port. A line `grpc=ADDR` for each address, then
// `metrics=ADDR` where metrics are served. Written whole or not at all; removed
// by the destructor.
class AddressFile {
 public:
  static absl::StatusOr<std::unique_ptr<AddressFile>> Write(FileSystem* file_system, const std::string& state_dir,
                                                            const std::vector<std::string>& grpc_addresses,
                                                            const std::string& metrics_address);
  ~AddressFile();

 private:
  AddressFile(FileSystem* file_system, std::string path) : file_system_(file_system), path_(std::move(path)) {}

  FileSystem* const file_system_;
  const std::string path_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_MAIN_ADDRESS_FILE_H_
