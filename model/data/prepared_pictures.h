// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_PREPARED_PICTURES_H_
#define FACET_MODEL_DATA_PREPARED_PICTURES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace facet::model {

// What an import has prepared, kept in a folder until the import succeeds, so
// that one that was cut off goes on where it was. A picture is found by the
// bytes of its file and by all else that it depends on.
//
// On disk, for a picture or the reason why it is none:
//   <folder>/<key>/<digest>   one line with a SHA-256, a letter, contents
// `key` says what preparation depends on, `digest` is that of the source file,
// the checksum is over both and all that follows it. There is no order between
// the files and none is synced: one that is torn or damaged is not there, and
// the others are not touched by it.
//
// A help and no more: whatever fails here, pictures are prepared as without it.
// Thread-safe; blocks on the disk.
class PreparedPictures {
 public:
  using Pixels = std::vector<uint8_t>;
  using Prepare = std::function<absl::StatusOr<Pixels>(const std::string& file)>;

  struct Options {
    // Made where there is none; what it has of another key is removed.
    // "": nothing is kept.
    std::string folder;
    // All that a prepared picture depends on besides its file, in any form. The
    // libraries that prepare are added.
    std::string depends_on;
    // Of one prepared picture.
    size_t picture_bytes = 0;
    // That the import is going to write besides. Where the disk has not even
    // these, the folder is removed: the data set goes first.
    uint64_t needed_bytes = 0;
    // For all of it, each file counted with 4 KiB more than it has; at most
    // 262,144 pictures. Those that find no place are not kept.
    uint64_t max_bytes = uint64_t{1} << 30;
  };

  // Opens what there is. `file_system` outlives it.
  static std::unique_ptr<PreparedPictures> Open(FileSystem* file_system, const Options& options);

  // What was kept for `file`, else what `prepare` makes of it, which is kept
  // then. Of an INVALID_ARGUMENT the message is kept alone; other errors are
  // not kept.
  absl::StatusOr<Pixels> Get(const std::string& file, const Prepare& prepare);

 private:
  PreparedPictures(FileSystem* file_system, std::string key, std::string folder, size_t picture_bytes)
      : file_system_(file_system), key_(std::move(key)), folder_(std::move(folder)), picture_bytes_(picture_bytes) {}
  void MakeRoom(const Options& options);
  std::string Checksum(const std::string& digest, absl::string_view contents) const;
  std::optional<absl::StatusOr<Pixels>> Find(const std::string& digest) const;
  void Keep(const std::string& digest, const absl::StatusOr<Pixels>& prepared);

  FileSystem* const file_system_;
  const std::string key_;
  const std::string folder_;  // "": nothing is kept
  const size_t picture_bytes_;
  std::atomic<int64_t> room_ = 0;  // bytes that may still be written
};

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_PREPARED_PICTURES_H_
