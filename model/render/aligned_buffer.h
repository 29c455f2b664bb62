// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_ALIGNED_BUFFER_H_
#define FACET_MODEL_RENDER_ALIGNED_BUFFER_H_

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "absl/status/statusor.h"

namespace facet::model {

// Floats that begin at a cache line, all 0 and in memory at once, so that no
// later access waits for the kernel. Move-only.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  // RESOURCE_EXHAUSTED (reason OUT_OF_MEMORY).
  static absl::StatusOr<AlignedBuffer> Create(size_t floats);

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(float); }

 private:
  struct Free {
    void operator()(float* data) const { std::free(data); }
  };
  std::unique_ptr<float[], Free> data_;
  size_t size_ = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_ALIGNED_BUFFER_H_
