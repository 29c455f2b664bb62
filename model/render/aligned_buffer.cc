// SPDX-License-Identifier: Apache-2.0
#include "model/render/aligned_buffer.h"

#include <sys/mman.h>

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::model {
namespace {

constexpr size_t kCacheLine = 64;
constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

absl::StatusOr<AlignedBuffer> AlignedBuffer::Create(size_t floats) {
  AlignedBuffer buffer;
  if (floats == 0) return buffer;
  // Weights are streamed through once an image: with small pages the address
  // translation costs as much as the memory.
  const size_t alignment = floats * sizeof(float) >= 2 * kHugePage ? kHugePage : kCacheLine;
  const size_t bytes = (floats * sizeof(float) + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, bytes);
  if (memory == nullptr) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat("no memory for a buffer of ", bytes, " bytes")),
                      "OUT_OF_MEMORY");
  }
  if (alignment == kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);  // a wish; works without, too
  std::memset(memory, 0, bytes);
  buffer.data_.reset(static_cast<float*>(memory));
  buffer.size_ = floats;
  return buffer;
}

}  // namespace facet::model
