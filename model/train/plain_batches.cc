// SPDX-License-Identifier: Apache-2.0
#include "model/train/plain_batches.h"

namespace facet::model {

void ShapeBatch(const LabelledImages& images, int step, int rows, Batch* batch) {
  batch->step = step;
  batch->size = rows;
  batch->images.resize(rows * images.shape().samples());
  batch->labels.resize(size_t{1} * rows * images.schema().total_classes());
}

void WriteRow(const LabelledImages& images, int64_t i, int row, Batch* batch) {
  const size_t samples = images.shape().samples();
  ToFloat(images.pixels(i), samples, &batch->images[row * samples]);
  WriteOneHot(images.schema(), images.labels(i), &batch->labels[size_t{1} * row * images.schema().total_classes()]);
}

PlainBatches::PlainBatches(const LabelledImages* images, int batch_size, uint64_t seed, std::string purpose)
    : images_(*images), order_(images->size(), batch_size, seed, std::move(purpose)), positions_(batch_size) {}

void PlainBatches::Make(int step, Batch* batch) {
  const int rows = order_.batch_size();
  ShapeBatch(images_, step, rows, batch);
  order_.Positions(step, absl::MakeSpan(positions_));
  for (int row = 0; row < rows; ++row) WriteRow(images_, positions_[row], row, batch);
}

}  // namespace facet::model
