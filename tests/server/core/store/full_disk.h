// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_STORE_FULL_DISK_H_
#define FACET_TESTS_SERVER_CORE_STORE_FULL_DISK_H_

#include <sqlite3.h>

#include <cstdint>
#include <new>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/file_system.h"

namespace facet::server {

// Has SQLite find a disk full: from Fill() until it goes, its files in `folder`
// may not grow beyond what all files there, `facet.db.reserve` among them, took
// then. Databases that were opened before the first FullDisk of the program was
// made do not notice. One at a time; thread-safe.
class FullDisk {
 public:
  explicit FullDisk(const std::string& folder) {
    absl::MutexLock lock(&shared().mutex);
    shared().folder = folder;
  }
  ~FullDisk() { MakeRoom(); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  void Fill() {
    absl::MutexLock lock(&shared().mutex);
    shared().capacity = Used();
  }
  void MakeRoom() {
    absl::MutexLock lock(&shared().mutex);
    shared().capacity = INT64_MAX;
  }

 private:
  // SQLite keeps pointers into it.
  struct Shared {
    Shared() {
      real = sqlite3_vfs_find(nullptr);
      vfs = *real;
      vfs.zName = "full-disk";
      vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
      vfs.xOpen = Open;
      sqlite3_vfs_register(&vfs, 1);
    }
    sqlite3_vfs* real = nullptr;
    sqlite3_vfs vfs = {};
    absl::Mutex mutex;
    std::string folder ABSL_GUARDED_BY(mutex);
    int64_t capacity ABSL_GUARDED_BY(mutex) = INT64_MAX;
  };
  // The real one lies behind it.
  struct File : sqlite3_file {
    sqlite3_io_methods methods;
  };
  static Shared& shared() {
    static Shared& shared = *new Shared;
    return shared;
  }
  static sqlite3_file* Real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(static_cast<File*>(file) + 1);
  }

  static int64_t Used() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared().mutex) {
    int64_t used = 0;
    for (const char* name : {"facet.db", "facet.db-wal", "facet.db.reserve"}) {
      used += static_cast<int64_t>(FileSystem::Posix()->Size(shared().folder + "/" + name).value_or(0));
    }
    return used;
  }

  static int Open(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    sqlite3_vfs* real = shared().real;
    auto* wrapped = new (file) File();
    const int code = real->xOpen(real, path, Real(file), flags, out_flags);
    if (Real(file)->pMethods == nullptr) return code;
    sqlite3_io_methods& methods = wrapped->methods;
    methods.iVersion = 2;  // without memory mapping
    methods.xClose = [](sqlite3_file* f) { return Real(f)->pMethods->xClose(Real(f)); };
    methods.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
      return Real(f)->pMethods->xRead(Real(f), to, size, at);
    };
    methods.xWrite = Write;
    methods.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return Real(f)->pMethods->xTruncate(Real(f), size); };
    methods.xSync = [](sqlite3_file* f, int how) { return Real(f)->pMethods->xSync(Real(f), how); };
    methods.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return Real(f)->pMethods->xFileSize(Real(f), size);
    };
    methods.xLock = [](sqlite3_file* f, int lock) { return Real(f)->pMethods->xLock(Real(f), lock); };
    methods.xUnlock = [](sqlite3_file* f, int lock) { return Real(f)->pMethods->xUnlock(Real(f), lock); };
    methods.xCheckReservedLock = [](sqlite3_file* f, int* held) {
      return Real(f)->pMethods->xCheckReservedLock(Real(f), held);
    };
    methods.xFileControl = [](sqlite3_file* f, int what, void* argument) {
      return Real(f)->pMethods->xFileControl(Real(f), what, argument);
    };
    methods.xSectorSize = [](sqlite3_file* f) { return Real(f)->pMethods->xSectorSize(Real(f)); };
    methods.xDeviceCharacteristics = [](sqlite3_file* f) { return Real(f)->pMethods->xDeviceCharacteristics(Real(f)); };
    methods.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** memory) {
      return Real(f)->pMethods->xShmMap(Real(f), page, size, extend, memory);
    };
    methods.xShmLock = [](sqlite3_file* f, int offset, int count, int how) {
      return Real(f)->pMethods->xShmLock(Real(f), offset, count, how);
    };
    methods.xShmBarrier = [](sqlite3_file* f) { Real(f)->pMethods->xShmBarrier(Real(f)); };
    methods.xShmUnmap = [](sqlite3_file* f, int remove) { return Real(f)->pMethods->xShmUnmap(Real(f), remove); };
    wrapped->pMethods = &methods;
    return code;
  }

  static int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    sqlite3_int64 before = 0;
    Real(file)->pMethods->xFileSize(Real(file), &before);
    {
      absl::MutexLock lock(&shared().mutex);
      const int64_t grows = at + size - before;
      if (shared().capacity != INT64_MAX && grows > 0 && Used() + grows > shared().capacity) return SQLITE_FULL;
    }
    return Real(file)->pMethods->xWrite(Real(file), from, size, at);
  }
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_STORE_FULL_DISK_H_
