// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/disk_reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace facet::server {

DiskReserve::DiskReserve(const std::string& path) : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  struct stat info = {};
  if (fd_ >= 0 && fstat(fd_, &info) == 0) size_ = info.st_size;
}

DiskReserve::~DiskReserve() {
  if (fd_ >= 0) close(fd_);
}

void DiskReserve::Fill() {
  if (fd_ < 0 || (allocated_ && size_ >= kBytes)) return;
  if (posix_fallocate(fd_, 0, kBytes) == 0) {
    size_ = std::max(size_, kBytes);
    allocated_ = true;
    return;
  }
  // What there is room for. A try that fails may leave blocks behind the end.
  while (size_ < kBytes && posix_fallocate(fd_, 0, size_ + kStep) == 0) size_ += kStep;
  [[maybe_unused]] const int cut = ftruncate(fd_, size_);
}

bool DiskReserve::LetGo() {
  if (fd_ < 0 || size_ == 0) return false;
  size_ = std::max<int64_t>(0, size_ - kStep);
  // Some file systems give blocks out again only once it is known on the disk
  // that they are free.
  return ftruncate(fd_, size_) == 0 && fsync(fd_) == 0;
}

}  // namespace facet::server
