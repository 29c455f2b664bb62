// SPDX-License-Identifier: Apache-2.0
#include "model/nn/phase_interleave.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <array>
#include <cstring>

namespace facet::model {
namespace {

// Where the pixels of one phase lie, in bytes.
struct Source {
  const char* data;
  int64_t image;
  int64_t row;
  int64_t pixel;
};

std::array<Source, 4> Locate(const std::vector<at::Tensor>& parts, int64_t pixel_bytes) {
  std::array<Source, 4> sources;
  for (size_t phase = 0; phase < 4; ++phase) {
    const bool fused = parts.size() == 1;
    const at::Tensor& part = parts[fused ? 0 : phase];
    const int64_t pixel = fused ? 4 * pixel_bytes : pixel_bytes;
    const int64_t row = pixel * part.size(3);
    const char* data = static_cast<const char*>(part.const_data_ptr());
    sources[phase] = {fused ? data + static_cast<int64_t>(phase) * pixel_bytes : data, row * part.size(2), row, pixel};
  }
  return sources;
}

}  // namespace

at::Tensor Interleave(const Phases& phases, int64_t height, int64_t width) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : phases.parts) parts.push_back(part.contiguous(at::MemoryFormat::ChannelsLast));
  const int64_t count = parts[0].size(0);
  const int64_t channels = parts.size() == 1 ? parts[0].size(1) / 4 : parts[0].size(1);
  const int64_t pixel_bytes = channels * parts[0].element_size();
  const std::array<Source, 4> sources = Locate(parts, pixel_bytes);
  at::Tensor image = at::empty({count, channels, height, width}, parts[0].options(), at::MemoryFormat::ChannelsLast);
  char* const pixels = static_cast<char*>(image.mutable_data_ptr());
  const int64_t padding = phases.padding;
  const int64_t grain = std::max<int64_t>(1, 65536 / (width * pixel_bytes));
  at::parallel_for(0, count * height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t z = line % height + padding;
      char* target = pixels + line * width * pixel_bytes;
      for (int64_t x = padding; x < width + padding; ++x, target += pixel_bytes) {
        const Source& source = sources[2 * (z % 2) + x % 2];
        const char* pixel = source.data + line / height * source.image + z / 2 * source.row + x / 2 * source.pixel;
        std::memcpy(target, pixel, static_cast<size_t>(pixel_bytes));
      }
    }
  });
  return image;
}

}  // namespace facet::model
