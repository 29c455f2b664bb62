// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_MACHINE_H_
#define FACET_BASE_MACHINE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_system.h"

namespace facet {

// Bytes of memory that this process could ever have: the machine's, or less
// where a control group (version 2) allows less. 0: unknown.
int64_t MachineMemoryBytes(FileSystem& file_system);

// Bytes that programs may still take without the machine running out. Nothing
// where the kernel does not tell.
std::optional<int64_t> FreeMemoryBytes(FileSystem& file_system);

// Folder of this process's control group (version 2), "/sys/fs/cgroup/x"; the
// root's where the kernel does not tell.
std::string ControlGroupFolder(FileSystem& file_system);

// The smallest of `machine` and the limits in the file `memory.max` of
// `folder` and its parents up to `root`. For tests.
int64_t LimitedMemoryBytes(FileSystem& file_system, int64_t machine, std::string folder, const std::string& root);

}  // namespace facet

#endif  // FACET_BASE_MACHINE_H_
