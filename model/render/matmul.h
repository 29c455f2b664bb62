// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_MATMUL_H_
#define FACET_MODEL_RENDER_MATMUL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "model/render/aligned_buffer.h"
#include "model/render/tile_kernel.h"

namespace facet::model {

// Where rows of numbers lie: [images, height, width], strides in floats.
struct RowLayout {
  size_t image = 0;
  size_t row = 0;
  size_t column = 0;
};

// `count` columns from `begin` go to `offset` floats after the row's start.
struct ColumnSegment {
  int begin = 0;
  int count = 0;
  size_t offset = 0;
};

// What a product computes. One row for each of height x width positions of an
// image (1 x 1 for a fully connected layer); its inputs are `depth` floats at
// each tap.
struct MatmulShape {
  int height = 1;
  int width = 1;
  std::vector<ptrdiff_t> taps = {0};  // floats from a row's start
  int depth = 0;
  int columns = 0;
  RowLayout input;
  RowLayout output;
  std::vector<ColumnSegment> segments;  // empty: all columns, in order
  float slope = 1.0f;                   // of LeakyReLU; 1: linear
};

// Weights of one column at one tap: `depth` floats that lie `stride` apart.
// A null pointer stands for zeros.
struct WeightColumn {
  const float* data = nullptr;
  size_t stride = 1;
};

// A product with fixed weights, arranged for `kernel`. Immutable; thread-safe.
class Matmul {
 public:
  // `weights`(tap, column) and `bias` (nullable) are not needed afterwards.
  // RESOURCE_EXHAUSTED (reason OUT_OF_MEMORY).
  static absl::StatusOr<Matmul> Create(const TileKernel& kernel, MatmulShape shape,
                                       absl::FunctionRef<WeightColumn(int, int)> weights,
                                       absl::FunctionRef<float(int)> bias);

  // Rows [row_begin, row_end) of `images` images, at most kMaxRows, by panels
  // [panel_begin, panel_end). `input` and `output` are those of image 0.
  void Run(const float* input, float* output, int row_begin, int row_end, int panel_begin, int panel_end) const;

  int rows(int images) const { return images * shape_.height * shape_.width; }
  int panels() const { return panels_; }
  // Multiplications of one row with one panel.
  int64_t panel_cost() const { return static_cast<int64_t>(panel_floats_); }
  size_t bytes() const { return weights_.bytes() + bias_.bytes(); }

  static constexpr int kMaxRows = 96;

 private:
  Matmul(const TileKernel& kernel, MatmulShape shape);
  void Pack(absl::FunctionRef<WeightColumn(int, int)> weights, absl::FunctionRef<float(int)> bias);
  bool WritesInPlace(int panel_end) const;
  void RunTile(const TileArgs& args, int panel, int rows, int panels, float* const* out) const;

  const TileKernel* kernel_;
  MatmulShape shape_;
  int vectors_;
  int panel_columns_;
  int panels_;
  size_t panel_floats_;
  AlignedBuffer weights_;  // [panels][taps][depth][panel_columns]
  AlignedBuffer bias_;     // [panels * panel_columns]
};

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_MATMUL_H_
