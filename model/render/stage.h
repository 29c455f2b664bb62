// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_STAGE_H_
#define FACET_MODEL_RENDER_STAGE_H_

#include <cstdint>
#include <vector>

#include "model/render/crew.h"
#include "model/render/matmul.h"

namespace facet::model {

// Products that may be computed at the same time: one layer, or the same layer
// of all features.
class Stage {
 public:
  // Offsets in floats from what Run is given.
  void Add(Matmul matmul, size_t input_offset, size_t output_offset);

  // Computes all products for `images` images; `input` and `output` are those
  // of image 0. Splits them into pieces for the crew; how has no effect on the
  // numbers.
  void Run(Crew& crew, const float* input, float* output, int images) const;

  size_t bytes() const;

 private:
  struct Part {
    Matmul matmul;
    size_t input_offset;
    size_t output_offset;
  };
  // How many rows and panels a piece has.
  struct Cut {
    int rows;
    int panels;
  };
  Cut ChooseCut(int threads, int images) const;
  // Pieces of one part, and the i-th of them.
  static int Pieces(const Part& part, Cut cut, int images);
  static void RunPiece(const Part& part, Cut cut, int images, int index, const float* input, float* output);

  std::vector<Part> parts_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_STAGE_H_
