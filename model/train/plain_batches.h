// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_PLAIN_BATCHES_H_
#define FACET_MODEL_TRAIN_PLAIN_BATCHES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/train/batch.h"
#include "model/train/batch_order.h"
#include "model/train/labelled_images.h"

namespace facet::model {

// Batches of images as they are, each as often as any other.
class PlainBatches final : public BatchSource {
 public:
  // `images`, which are not empty, outlive this. `purpose` parts the orders of
  // one seed.
  PlainBatches(const LabelledImages* images, int batch_size, uint64_t seed, std::string purpose);

  void Make(int step, Batch* batch) override;

 private:
  const LabelledImages& images_;
  BatchOrder order_;
  std::vector<int64_t> positions_;
};

// Sizes `batch` for `rows` images like `images`.
void ShapeBatch(const LabelledImages& images, int step, int rows, Batch* batch);
// Writes image `i` and its labels into row `row`.
void WriteRow(const LabelledImages& images, int64_t i, int row, Batch* batch);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_PLAIN_BATCHES_H_
