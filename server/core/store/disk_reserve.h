// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_DISK_RESERVE_H_
#define FACET_SERVER_CORE_STORE_DISK_RESERVE_H_

#include <cstdint>
#include <string>

namespace facet::server {

// Room on a disk that is kept for the writes by which people make room: a file
// whose blocks are allocated and hold nothing. It outlives the process, so that
// a server that starts on a full disk has it, too.
//
// Not thread-safe; blocks on the disk. Where the file cannot be made there is
// no reserve, and everything else goes on.
class DiskReserve {
 public:
  static constexpr int64_t kBytes = int64_t{2} << 20;
  // Let go at a time, so that others who write cannot take all of it at once.
  static constexpr int64_t kStep = int64_t{128} << 10;

  // Takes over the file that is at `path`, or makes an empty one.
  explicit DiskReserve(const std::string& path);
  ~DiskReserve();
  DiskReserve(const DiskReserve&) = delete;
  DiskReserve& operator=(const DiskReserve&) = delete;

  // Makes it whole, or as large as there is room for; next to nothing where it
  // is whole.
  void Fill();
  // Gives a step back to the disk. False: nothing is left.
  bool LetGo();

 private:
  int fd_;
  int64_t size_ = 0;
  // Whether the blocks are known to be there: a copy may be all holes.
  bool allocated_ = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_DISK_RESERVE_H_
