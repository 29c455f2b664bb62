// SPDX-License-Identifier: Apache-2.0
// The inner loop of rendering: a few rows of a matrix product, computed in
// registers, for the vector unit of the machine. This header is included by
// sources that are compiled for one kind of processor, so it declares plain
// values and nothing that has inline code.
#ifndef FACET_MODEL_RENDER_TILE_KERNEL_H_
#define FACET_MODEL_RENDER_TILE_KERNEL_H_

#include <cstddef>

namespace facet::model {

// One product of `rows` rows with `panels` panels of weights:
//
//   out[r][j] = leaky(bias[j] + sum over taps t, depths d of
//                     (rows[r] + taps[t])[d] * panel[t][d][j])
//
// A row is not contiguous in memory: it is one piece of `depth` floats a tap,
// as a convolution reads its input. A panel holds the weights of `columns`
// neighbouring outputs, [taps][depth][columns].
struct TileArgs {
  const float* const* rows;  // one pointer a row
  const std::ptrdiff_t* taps;
  std::size_t tap_count;
  std::size_t depth;
  const float* panel;        // 64-byte aligned; the next one lies panel_floats further
  std::size_t panel_floats;  // taps * depth * columns
  const float* bias;         // of the first panel's columns; 64-byte aligned
  float slope;               // below 0; 1: linear
  float* const* out;         // one pointer a row; panel p's columns begin at p * columns
};

// Every output is one chain of fused multiply-adds that begins with the bias
// and goes through taps and depths in order. So it is the same, bit for bit,
// in whatever tile it is computed, and on every processor with such an
// instruction (`fused`); elsewhere products are rounded before they are added.
struct TileKernel {
  const char* name;
  bool fused;
  int lanes;     // floats of a vector
  int max_rows;  // of a tile
  // `vectors` (1 or 2) vectors make a panel: columns = vectors * lanes. `rows`
  // is in [1, max_rows], `panels` at least 1.
  void (*run)(const TileArgs& args, int vectors, int rows, int panels);
};

inline constexpr int kMaxTileRows = 12;
inline constexpr int kMaxPanelColumns = 32;

// Panels that a tile of so many rows takes at a time: with few rows, one panel
// has too few independent sums to keep the processor busy.
constexpr int PanelsAtOnce(int rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }

// Each is null where this build or processor has none.
const TileKernel* PortableTileKernel();
const TileKernel* Avx2TileKernel();
const TileKernel* Avx512TileKernel();

// The fastest on this machine, measured once (some milliseconds).
const TileKernel& FastestTileKernel();

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_TILE_KERNEL_H_
