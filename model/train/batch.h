// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_BATCH_H_
#define FACET_MODEL_TRAIN_BATCH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "base/random.h"
#include "model/data/dataset.h"
#include "model/train/analogies.h"
#include "model/train/batch_order.h"
#include "model/train/mix_partners.h"

namespace facet::model {

// What one step learns from. Images are float32 NHWC in [0, 1]; labels are
// dense feature vectors, [size, total_classes], one-hot in each feature.
struct Batch {
  int step = 0;  // counted from 0
  int size = 0;
  std::vector<float> images;
  std::vector<float> labels;
  // What the generator learns where some of it is made: the same rows, of which
  // the first ones are blends of images and of their labels, the next ones
  // analogies. Empty where nothing is made: the real rows serve.
  std::vector<float> target_images;
  std::vector<float> target_labels;
};

// uint8 to float32 in [0, 1].
void ToFloat(const uint8_t* pixels, size_t count, float* out);
// Writes the dense feature vector of `labels`, schema.total_classes() values.
void WriteOneHot(const FeatureSchema& schema, absl::Span<const uint16_t> labels, float* dense);

// Makes batches, each a pure function of its step, counted from 0. Not
// thread-safe.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  // Fills `batch`, reusing its memory.
  virtual void Make(int step, Batch* batch) = 0;
};

struct BatchMakerOptions {
  const Dataset* dataset = nullptr;  // outlives the maker
  std::vector<int64_t> images;       // indices to draw from; not empty
  int batch_size = 64;
  uint64_t seed = 0;
  // Parts the order of one seed's runs.
  std::string purpose = "train";
  // Share of each batch that is blended with images that differ in
  // `mix_feature` alone; an image without such partners stays as it is.
  double mix_share = 0;
  int mix_feature = -1;
  // As v1.TrainingOptions says.
  int mix_parents = 2;
  double mix_ratio_min = 0.3;
  double mix_ratio_max = 0.7;
  // Share of each batch, after what is mixed, whose targets are analogies, in
  // `analogy_feature` and by images that differ in `mix_feature`, whatever
  // images the rows have; where there are none they stay as they are.
  double analogy_share = 0;
  int analogy_feature = -1;
  int analogy_neighbours = 4;
};

// Batches of a data set, as the nets of a model learn from them.
class BatchMaker final : public BatchSource {
 public:
  explicit BatchMaker(BatchMakerOptions options);

  void Make(int step, Batch* batch) override;
  // Analogies were asked for, and there are none.
  bool LacksAnalogies() const { return analogies_ != nullptr && analogies_->empty(); }

 private:
  void Mix(Batch* batch, int row) const;
  void Change(Batch* batch, int row) const;
  // Weights of the image itself and of its partners; their sum is 1.
  std::vector<double> DrawWeights(CounterRandom& random) const;
  void Blend(Batch* batch, int row, int64_t image, float weight) const;

  BatchMakerOptions options_;
  BatchOrder order_;
  std::unique_ptr<MixPartners> partners_;  // null: nothing is mixed
  std::unique_ptr<Analogies> analogies_;   // null: none are asked for
  int mixed_rows_ = 0;
  int analogous_rows_ = 0;
  std::vector<int64_t> positions_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_BATCH_H_
