// SPDX-License-Identifier: Apache-2.0
#include "model/render/stage.h"

#include <algorithm>
#include <utility>

namespace facet::model {
namespace {

// Fewer multiplications than this (some microseconds) are not worth another
// piece.
constexpr int64_t kMinPieceCost = 100'000;
// Pieces for each thread, so that one that is late does not keep the others.
constexpr int kPiecesPerThread = 4;

int CeilDiv(int a, int b) { return (a + b - 1) / b; }

}  // namespace

void Stage::Add(Matmul matmul, size_t input_offset, size_t output_offset) {
  parts_.push_back({std::move(matmul), input_offset, output_offset});
}

int Stage::Pieces(const Part& part, Cut cut, int images) {
  return CeilDiv(part.matmul.rows(images), cut.rows) * CeilDiv(part.matmul.panels(), cut.panels);
}

// Begins with pieces whose inputs stay in a core's cache, and makes them
// smaller until there are enough.
Stage::Cut Stage::ChooseCut(int threads, int images) const {
  Cut cut = {Matmul::kMaxRows, 4};
  if (threads == 1) return cut;
  const auto pieces = [&] {
    int total = 0;
    for (const Part& part : parts_) total += Pieces(part, cut, images);
    return total;
  };
  const Matmul& first = parts_.front().matmul;
  const auto cost = [&] {
    return std::min(cut.rows, first.rows(images)) * std::min(cut.panels, first.panels()) * first.panel_cost();
  };
  while (pieces() < threads * kPiecesPerThread && cost() >= 2 * kMinPieceCost) {
    const int rows = std::min(cut.rows, first.rows(images));
    if (rows > 2 * kMaxTileRows) {
      cut.rows = CeilDiv(rows, 2);
    } else if (cut.panels > 1) {
      cut.panels /= 2;
    } else {
      break;
    }
  }
  return cut;
}

void Stage::RunPiece(const Part& part, Cut cut, int images, int index, const float* input, float* output) {
  const int rows = part.matmul.rows(images);
  const int row_pieces = CeilDiv(rows, cut.rows);
  const int row_begin = index % row_pieces * cut.rows;
  const int panel_begin = index / row_pieces * cut.panels;
  part.matmul.Run(input + part.input_offset, output + part.output_offset, row_begin,
                  std::min(row_begin + cut.rows, rows), panel_begin,
                  std::min(panel_begin + cut.panels, part.matmul.panels()));
}

void Stage::Run(Crew& crew, const float* input, float* output, int images) const {
  const Cut cut = ChooseCut(crew.threads(), images);
  int total = 0;
  for (const Part& part : parts_) total += Pieces(part, cut, images);
  crew.Run(total, [&](int index) {
    for (const Part& part : parts_) {
      const int pieces = Pieces(part, cut, images);
      if (index < pieces) return RunPiece(part, cut, images, index, input, output);
      index -= pieces;
    }
  });
}

size_t Stage::bytes() const {
  size_t total = 0;
  for (const Part& part : parts_) total += part.matmul.bytes();
  return total;
}

}  // namespace facet::model
