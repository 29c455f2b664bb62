// SPDX-License-Identifier: Apache-2.0
#include "model/render/upconv_stage.h"

#include <utility>
#include <vector>

#include "base/status_macros.h"

namespace facet::model {
namespace {

constexpr int kMergedColumns = 16;

// One axis of a phase.
struct PhaseAxis {
  int first;  // q of the first output
  int count;
  int taps;
};

PhaseAxis AxisOf(const UpconvShape& layer, int parity) {
  const int first = (layer.padding - parity + 1) / 2;
  const int last = (layer.out_size - 1 + layer.padding - parity) / 2;
  return {first, last - first + 1, (layer.kernel - parity + 1) / 2};
}

PhaseAxis MergedAxis(const UpconvShape& layer) {
  const int first = layer.padding / 2;
  const int last = (layer.out_size - 1 + layer.padding) / 2;
  return {first, last - first + 1, (layer.kernel + 1) / 2};
}

class UpconvBuilder {
 public:
  UpconvBuilder(const TileKernel& kernel, const UpconvShape& layer, const LayerWeights& weights,
                const ImageLayout& input, const ImageLayout& output, float slope)
      : kernel_(kernel), layer_(layer), weights_(weights), input_(input), output_(output), slope_(slope) {}

  absl::Status AddPhase(int row_parity, int column_parity, Stage& stage) const {
    const PhaseAxis rows = AxisOf(layer_, row_parity);
    const PhaseAxis columns = AxisOf(layer_, column_parity);
    if (rows.count <= 0 || columns.count <= 0) return absl::OkStatus();
    MatmulShape shape = Shape(rows, columns);
    shape.columns = layer_.out_channels;
    ASSIGN_OR_RETURN(Matmul matmul, Matmul::Create(
                                        kernel_, std::move(shape),
                                        [&](int tap, int channel) {
                                          return Column(channel, 2 * (tap / columns.taps) + row_parity,
                                                        2 * (tap % columns.taps) + column_parity);
                                        },
                                        [&](int channel) { return weights_.bias[channel]; }));
    stage.Add(std::move(matmul), InputOffset(rows, columns),
              OutputOffset(2 * rows.first + row_parity, 2 * columns.first + column_parity));
    return absl::OkStatus();
  }

  absl::Status AddMerged(Stage& stage) const {
    const PhaseAxis axis = MergedAxis(layer_);
    const int channels = layer_.out_channels;
    MatmulShape shape = Shape(axis, axis);
    shape.columns = 4 * channels;
    // Both pixels of a row lie next to each other.
    shape.segments = {{0, 2 * channels, 0}, {2 * channels, 2 * channels, output_.row()}};
    ASSIGN_OR_RETURN(Matmul matmul, Matmul::Create(
                                        kernel_, std::move(shape),
                                        [&](int tap, int column) {
                                          const int phase = column / channels;
                                          return Column(column % channels, 2 * (tap / axis.taps) + phase / 2,
                                                        2 * (tap % axis.taps) + phase % 2);
                                        },
                                        [&](int column) { return weights_.bias[column % channels]; }));
    stage.Add(std::move(matmul), InputOffset(axis, axis), OutputOffset(2 * axis.first, 2 * axis.first));
    return absl::OkStatus();
  }

 private:
  // All but the columns.
  MatmulShape Shape(const PhaseAxis& rows, const PhaseAxis& columns) const {
    MatmulShape shape;
    shape.height = rows.count;
    shape.width = columns.count;
    shape.taps.clear();
    for (int r = 0; r < rows.taps; ++r) {
      for (int c = 0; c < columns.taps; ++c) {
        shape.taps.push_back(-static_cast<ptrdiff_t>(r * input_.row() + size_t{1} * c * input_.channels));
      }
    }
    shape.depth = input_.channels;
    shape.input = {input_.image(), input_.row(), static_cast<size_t>(input_.channels)};
    shape.output = {output_.image(), 2 * output_.row(), size_t{2} * output_.channels};
    shape.slope = slope_;
    return shape;
  }

  // Weights of an output channel at kernel position (row, column).
  WeightColumn Column(int channel, int row, int column) const {
    const int side = layer_.kernel;
    if (row >= side || column >= side) return {};
    const size_t area = size_t{1} * side * side;
    return {weights_.weight.data() + channel * area + row * side + column, layer_.out_channels * area};
  }

  size_t InputOffset(const PhaseAxis& rows, const PhaseAxis& columns) const {
    return input_.origin() + rows.first * input_.row() + size_t{1} * columns.first * input_.channels;
  }

  // Of the pixel at row y + padding, column x + padding.
  size_t OutputOffset(int padded_y, int padded_x) const {
    const ptrdiff_t y = padded_y - layer_.padding;
    const ptrdiff_t x = padded_x - layer_.padding;
    return static_cast<size_t>(output_.origin() + y * static_cast<ptrdiff_t>(output_.row()) + x * output_.channels);
  }

  const TileKernel& kernel_;
  const UpconvShape& layer_;
  const LayerWeights& weights_;
  const ImageLayout& input_;
  const ImageLayout& output_;
  float slope_;
};

}  // namespace

int InputBorder(const UpconvShape& layer) { return (layer.kernel + 1) / 2 - 1; }

bool BetterMerged(const UpconvShape& layer) { return 4 * layer.out_channels <= kMergedColumns; }

absl::StatusOr<Stage> MakeUpconvStage(const TileKernel& kernel, const UpconvShape& layer, const LayerWeights& weights,
                                      const ImageLayout& input, const ImageLayout& output, float slope, bool merged) {
  const UpconvBuilder builder(kernel, layer, weights, input, output, slope);
  Stage stage;
  if (merged) {
    RETURN_IF_ERROR(builder.AddMerged(stage));
    return stage;
  }
  for (int phase = 0; phase < 4; ++phase) RETURN_IF_ERROR(builder.AddPhase(phase / 2, phase % 2, stage));
  return stage;
}

}  // namespace facet::model
