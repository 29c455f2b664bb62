// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_EXPORT_CHECKSUMS_H_
#define FACET_CLIENT_CLI_EXPORT_CHECKSUMS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"

namespace facet::cli {

// SHA-256 of a file of any size. NOT_FOUND: there is none. INTERNAL: it cannot
// be read.
absl::StatusOr<std::string> FileSha256(const std::string& path);

// The checksums of the parts of an export: those of a part are kept in a file of
// its own, `.part-000000.sums`, until Join makes one list of all. Not
// thread-safe; blocks on I/O. Errors of FileSystem.
class PartChecksums {
 public:
  PartChecksums(FileSystem* file_system, std::string folder);

  void Begin() { sums_.clear(); }
  void Add(const std::string& file, const std::string& sha256) { sums_[file] = sha256; }
  // Writes the part's list, as sha256sum(1) has it, and returns it.
  absl::StatusOr<std::string> End(int part);

  // The list of a part that was written before. NOT_FOUND: there is none.
  absl::StatusOr<std::string> Read(int part) const;
  // Reads every file that `list` names. Returns a line for each that is missing
  // or not as it was written, and for what is no line of a list.
  absl::StatusOr<std::vector<std::string>> Check(int part, const std::string& list) const;

  // Writes SHA256SUMS of all parts and of `more` (file name to contents).
  absl::Status Join(int parts, const std::map<std::string, std::string>& more);

  // ".part-000000.sums"
  static std::string FileName(int part);

 private:
  FileSystem* const file_system_;
  const std::string folder_;
  std::map<std::string, std::string> sums_;
};

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPORT_CHECKSUMS_H_
