// SPDX-License-Identifier: Apache-2.0
#include "model/render/matmul.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status_macros.h"

namespace facet::model {
namespace {

constexpr int kMaxPanelsAtOnce = PanelsAtOnce(1);

// Pointers to the rows [begin, end), counted over images, rows and columns.
template <typename T>
void FillRows(T* base, const RowLayout& layout, int height, int width, int begin, int end, T** rows) {
  int column = begin % width;
  int row = begin / width % height;
  size_t image = static_cast<size_t>(begin / width / height);
  for (int i = begin; i < end; ++i) {
    *rows++ = base + image * layout.image + row * layout.row + column * layout.column;
    if (++column < width) continue;
    column = 0;
    if (++row < height) continue;
    row = 0;
    ++image;
  }
}

}  // namespace

Matmul::Matmul(const TileKernel& kernel, MatmulShape shape) : kernel_(&kernel), shape_(std::move(shape)) {
  if (shape_.segments.empty()) shape_.segments = {{0, shape_.columns, 0}};
  vectors_ = shape_.columns <= kernel.lanes ? 1 : 2;
  panel_columns_ = vectors_ * kernel.lanes;
  panels_ = (shape_.columns + panel_columns_ - 1) / panel_columns_;
  panel_floats_ = shape_.taps.size() * shape_.depth * panel_columns_;
}

absl::StatusOr<Matmul> Matmul::Create(const TileKernel& kernel, MatmulShape shape,
                                      absl::FunctionRef<WeightColumn(int, int)> weights,
                                      absl::FunctionRef<float(int)> bias) {
  Matmul matmul(kernel, std::move(shape));
  ASSIGN_OR_RETURN(matmul.weights_, AlignedBuffer::Create(matmul.panels_ * matmul.panel_floats_));
  ASSIGN_OR_RETURN(matmul.bias_, AlignedBuffer::Create(matmul.panels_ * matmul.panel_columns_));
  matmul.Pack(weights, bias);
  return matmul;
}

void Matmul::Pack(absl::FunctionRef<WeightColumn(int, int)> weights, absl::FunctionRef<float(int)> bias) {
  const int taps = static_cast<int>(shape_.taps.size());
  for (int c = 0; c < shape_.columns; ++c) {
    bias_.data()[c] = bias(c);
    float* panel = weights_.data() + c / panel_columns_ * panel_floats_ + c % panel_columns_;
    for (int t = 0; t < taps; ++t, panel += static_cast<size_t>(shape_.depth) * panel_columns_) {
      const WeightColumn column = weights(t, c);
      if (column.data == nullptr) continue;
      for (int d = 0; d < shape_.depth; ++d)
        panel[static_cast<size_t>(d) * panel_columns_] = column.data[d * column.stride];
    }
  }
}

// Whether panels up to `panel_end` may write where the output lies: all of
// their columns exist and go there in order.
bool Matmul::WritesInPlace(int panel_end) const {
  return shape_.segments.size() == 1 && panel_end * panel_columns_ <= shape_.columns;
}

void Matmul::RunTile(const TileArgs& args, int panel, int rows, int panels, float* const* out) const {
  const int begin = panel * panel_columns_;
  TileArgs tile = args;
  tile.panel = weights_.data() + panel * panel_floats_;
  tile.bias = bias_.data() + begin;
  float* tile_out[kMaxTileRows];
  tile.out = tile_out;
  if (WritesInPlace(panel + panels)) {
    for (int r = 0; r < rows; ++r) tile_out[r] = out[r] + shape_.segments[0].offset + begin;
    kernel_->run(tile, vectors_, rows, panels);
    return;
  }
  float scratch[kMaxTileRows][kMaxPanelsAtOnce * kMaxPanelColumns];
  for (int r = 0; r < rows; ++r) tile_out[r] = scratch[r];
  kernel_->run(tile, vectors_, rows, panels);
  for (const ColumnSegment& segment : shape_.segments) {
    const int from = std::max(segment.begin, begin);
    const int to = std::min(segment.begin + segment.count, begin + panels * panel_columns_);
    if (from >= to) continue;
    for (int r = 0; r < rows; ++r) {
      std::memcpy(out[r] + segment.offset + (from - segment.begin), scratch[r] + (from - begin),
                  (to - from) * sizeof(float));
    }
  }
}

void Matmul::Run(const float* input, float* output, int row_begin, int row_end, int panel_begin, int panel_end) const {
  const float* in[kMaxRows];
  float* out[kMaxRows];
  FillRows(input, shape_.input, shape_.height, shape_.width, row_begin, row_end, in);
  FillRows(output, shape_.output, shape_.height, shape_.width, row_begin, row_end, out);
  TileArgs args = {};
  args.taps = shape_.taps.data();
  args.tap_count = shape_.taps.size();
  args.depth = static_cast<size_t>(shape_.depth);
  args.panel_floats = panel_floats_;
  args.slope = shape_.slope;
  // Tiles of nearly equal size: a full one and a rest of one row would leave
  // the processor idle in the rest.
  const int rows = row_end - row_begin;
  const int tiles = (rows + kernel_->max_rows - 1) / kernel_->max_rows;
  const int at_once = PanelsAtOnce((rows + tiles - 1) / tiles);
  for (int panel = panel_begin; panel < panel_end; panel += at_once) {
    const int panels = std::min(at_once, panel_end - panel);
    for (int t = 0; t < tiles; ++t) {
      const int begin = rows * t / tiles;
      args.rows = in + begin;
      RunTile(args, panel, rows * (t + 1) / tiles - begin, panels, out + begin);
    }
  }
}

}  // namespace facet::model
