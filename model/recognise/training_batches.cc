// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/training_batches.h"

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "model/image/tilt.h"
#include "model/train/plain_batches.h"

namespace facet::model {
namespace {

constexpr double kMaxDegrees = 15;
constexpr double kMixupAlpha = 0.2;
constexpr char kOriginals[] = "recogniser originals";
constexpr char kPartners[] = "recogniser partners";
constexpr char kSynthetic[] = "recogniser synthetic";

// Random numbers of one row of one step.
CounterRandom RandomOf(uint64_t seed, const char* purpose, int step, int row, int batch_size) {
  return CounterRandom(seed, purpose, uint64_t{1} * step * batch_size + row);
}

// Originals, mirrored and turned anew each time.
class TiltedBatches final : public BatchSource {
 public:
  TiltedBatches(const LabelledImages* images, int batch_size, uint64_t seed)
      : images_(*images),
        order_(images->size(), batch_size, seed, kOriginals),
        seed_(seed),
        positions_(batch_size),
        tilted_(images->shape().samples()) {}

  void Make(int step, Batch* batch) override {
    const int rows = order_.batch_size();
    ShapeBatch(images_, step, rows, batch);
    order_.Positions(step, absl::MakeSpan(positions_));
    for (int row = 0; row < rows; ++row) {
      WriteRow(images_, positions_[row], row, batch);
      CounterRandom random = RandomOf(seed_, "flips and rotations", step, row, rows);
      const bool mirror = random.NextBelow(2) == 1;
      const double degrees = kMaxDegrees * (2 * random.NextDouble() - 1);
      TiltImage(images_.shape(), images_.pixels(positions_[row]), mirror, degrees, tilted_.data());
      ToFloat(tilted_.data(), tilted_.size(), &batch->images[row * tilted_.size()]);
    }
  }

 private:
  const LabelledImages& images_;
  BatchOrder order_;
  const uint64_t seed_;
  std::vector<int64_t> positions_;
  std::vector<uint8_t> tilted_;
};

// Originals, each blended with another one, labels alike.
class MixupBatches final : public BatchSource {
 public:
  MixupBatches(const LabelledImages* images, int batch_size, uint64_t seed)
      : first_(images, batch_size, seed, kOriginals), second_(images, batch_size, seed, kPartners), seed_(seed) {}

  void Make(int step, Batch* batch) override {
    first_.Make(step, batch);
    second_.Make(step, &partners_);
    const size_t samples = batch->images.size() / batch->size;
    const size_t classes = batch->labels.size() / batch->size;
    for (int row = 0; row < batch->size; ++row) {
      CounterRandom random = RandomOf(seed_, "mixup", step, row, batch->size);
      const auto share = static_cast<float>(random.NextBeta(kMixupAlpha));
      Blend(share, &partners_.images[row * samples], samples, &batch->images[row * samples]);
      Blend(share, &partners_.labels[row * classes], classes, &batch->labels[row * classes]);
    }
  }

 private:
  // `share` of what is in `target`, the rest of `other`.
  static void Blend(float share, const float* other, size_t count, float* target) {
    for (size_t i = 0; i < count; ++i) target[i] = share * target[i] + (1 - share) * other[i];
  }

  PlainBatches first_;
  PlainBatches second_;
  const uint64_t seed_;
  Batch partners_;
};

// Half of each batch originals, the other half, the smaller one, synthetic.
class HalfBatches final : public BatchSource {
 public:
  HalfBatches(const LabelledImages* originals, const LabelledImages* synthetic, int batch_size, uint64_t seed)
      : originals_(originals, batch_size - batch_size / 2, seed, kOriginals),
        synthetic_(synthetic, std::max(1, batch_size / 2), seed, kSynthetic),
        batch_size_(batch_size) {}

  void Make(int step, Batch* batch) override {
    originals_.Make(step, batch);
    if (batch_size_ == 1) return;
    synthetic_.Make(step, &half_);
    batch->size = batch_size_;
    batch->images.insert(batch->images.end(), half_.images.begin(), half_.images.end());
    batch->labels.insert(batch->labels.end(), half_.labels.begin(), half_.labels.end());
  }

 private:
  PlainBatches originals_;
  PlainBatches synthetic_;
  const int batch_size_;
  Batch half_;
};

}  // namespace

std::unique_ptr<BatchSource> MakeTrainingBatches(TrainingSource source, const LabelledImages* originals,
                                                 const LabelledImages* synthetic, int batch_size, uint64_t seed) {
  switch (source) {
    case TrainingSource::kOriginals:
      return std::make_unique<PlainBatches>(originals, batch_size, seed, kOriginals);
    case TrainingSource::kFlipsAndRotations:
      return std::make_unique<TiltedBatches>(originals, batch_size, seed);
    case TrainingSource::kMixup:
      return std::make_unique<MixupBatches>(originals, batch_size, seed);
    case TrainingSource::kSynthetic:
      return std::make_unique<PlainBatches>(synthetic, batch_size, seed, kSynthetic);
    case TrainingSource::kOriginalsAndSynthetic:
      return std::make_unique<HalfBatches>(originals, synthetic, batch_size, seed);
  }
  return nullptr;
}

}  // namespace facet::model
