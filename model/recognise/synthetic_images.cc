// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/synthetic_images.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/evaluate/likeness.h"
#include "model/recognise/pair_grid.h"
#include "model/recognise/paired_statistics.h"
#include "model/train/batch.h"

namespace facet::model {
namespace {

// What may be kept: energy of fine detail in [low, high].
struct Band {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
};

Band BandOf(const SyntheticFilter& filter, double median) {
  if (median == 0) return {};
  return {filter.min_sharpness * median, filter.max_sharpness * median};
}

// One-hot vectors of the cells that `images` are of, each cell once.
std::vector<float> CellsOf(const LabelledImages& images) {
  std::set<std::vector<uint16_t>> cells;
  for (int64_t i = 0; i < images.size(); ++i) cells.emplace(images.labels(i).begin(), images.labels(i).end());
  const FeatureSchema& schema = images.schema();
  std::vector<float> dense(cells.size() * schema.total_classes());
  float* row = dense.data();
  for (const std::vector<uint16_t>& labels : cells) {
    for (int f = 0; f < schema.size(); ++f) row[schema.offset(f) + labels[f]] = 1;
    row += schema.total_classes();
  }
  return dense;
}

class PairRenderer {
 public:
  PairRenderer(const SyntheticOptions& options, const LabelledImages& originals)
      : options_(options),
        originals_(originals),
        schema_(originals.schema()),
        shape_(originals.shape()),
        grid_(originals.schema(), options.mix_feature) {
    result_.images = std::make_unique<MemoryImages>(schema_, shape_);
    result_.images->Reserve(grid_.size());
  }

  absl::StatusOr<SyntheticImages> Run(const std::atomic<bool>& stop);

 private:
  absl::Status SetBand(const std::atomic<bool>& stop);
  // Into pixels_ and floats_.
  absl::Status Render(absl::Span<const float> dense, int count);
  absl::Status AddBatch(int64_t begin, int count);
  void AddImage(int64_t i, int row);
  double EnergyOf(int row) const {
    const size_t samples = shape_.samples();
    return HighFrequencyEnergy(shape_, absl::MakeConstSpan(floats_).subspan(row * samples, samples));
  }

  const SyntheticOptions& options_;
  const LabelledImages& originals_;
  const FeatureSchema& schema_;
  const ImageShape& shape_;
  const PairGrid grid_;
  Band band_;
  std::vector<uint8_t> pixels_;
  std::vector<float> floats_;
  std::vector<float> probabilities_;
  SyntheticImages result_;
};

absl::Status PairRenderer::Render(absl::Span<const float> dense, int count) {
  pixels_.resize(count * shape_.samples());
  RETURN_IF_ERROR(options_.renderer->Render(dense, count, PixelFormat{}, pixels_.data()));
  // The judge sees what recognisers will.
  floats_.resize(pixels_.size());
  ToFloat(pixels_.data(), pixels_.size(), floats_.data());
  return absl::OkStatus();
}

// A model blurs: against the originals themselves, most mixes of a good one
// would be too blurred.
absl::Status PairRenderer::SetBand(const std::atomic<bool>& stop) {
  const std::vector<float> cells = CellsOf(originals_);
  const auto classes = static_cast<size_t>(schema_.total_classes());
  std::vector<double> energies;
  for (size_t begin = 0; begin < cells.size(); begin += options_.batch * classes) {
    if (stop) return absl::CancelledError("rendering was stopped");
    const auto dense = absl::MakeConstSpan(cells).subspan(begin, options_.batch * classes);
    const auto count = static_cast<int>(dense.size() / classes);
    RETURN_IF_ERROR(Render(dense, count));
    for (int row = 0; row < count; ++row) energies.push_back(EnergyOf(row));
    if (options_.on_progress) options_.on_progress(0);
  }
  band_ = BandOf(options_.filter, Median(std::move(energies)));
  return absl::OkStatus();
}

absl::Status PairRenderer::AddBatch(int64_t begin, int count) {
  const auto classes = static_cast<size_t>(schema_.total_classes());
  std::vector<float> dense(count * classes);
  for (int i = 0; i < count; ++i) grid_.WriteDense(begin + i, &dense[i * classes]);
  RETURN_IF_ERROR(Render(dense, count));
  probabilities_.resize(count * classes);
  RETURN_IF_ERROR(options_.judge->Classify(floats_.data(), count, probabilities_.data()));
  for (int row = 0; row < count; ++row) AddImage(begin + row, row);
  return absl::OkStatus();
}

void PairRenderer::AddImage(int64_t i, int row) {
  const std::vector<uint16_t> labels = grid_.Parents(i).first;
  const int place = schema_.offset(options_.feature) + labels[options_.feature];
  ++result_.counts.rendered;
  if (probabilities_[size_t{1} * row * schema_.total_classes() + place] < options_.filter.min_confidence) {
    ++result_.counts.dropped_confidence;
    return;
  }
  const double energy = EnergyOf(row);
  if (energy < band_.low || energy > band_.high) {
    ++result_.counts.dropped_sharpness;
    return;
  }
  ++result_.counts.kept;
  result_.images->Add(&pixels_[row * shape_.samples()], labels);
}

absl::StatusOr<SyntheticImages> PairRenderer::Run(const std::atomic<bool>& stop) {
  RETURN_IF_ERROR(SetBand(stop));
  for (int64_t begin = 0; begin < grid_.size(); begin += options_.batch) {
    if (stop) return absl::CancelledError("rendering was stopped");
    const auto count = static_cast<int>(std::min<int64_t>(options_.batch, grid_.size() - begin));
    RETURN_IF_ERROR(AddBatch(begin, count));
    if (options_.on_progress) {
      options_.on_progress(static_cast<double>(begin + count) / static_cast<double>(grid_.size()));
    }
  }
  if (result_.counts.kept > 0) return std::move(result_);
  return WithReason(
      absl::FailedPreconditionError(absl::StrCat(
          "none of ", result_.counts.rendered, " synthetic images is good enough: ", result_.counts.dropped_confidence,
          " show their class to the judge too faintly, ", result_.counts.dropped_sharpness,
          " are too blurred or too sharp. A judge of more steps, or another filter, may help")),
      "NO_SYNTHETIC_IMAGES");
}

}  // namespace

absl::StatusOr<SyntheticImages> RenderSynthetic(const SyntheticOptions& options, const LabelledImages& originals,
                                                const std::atomic<bool>& stop) {
  return PairRenderer(options, originals).Run(stop);
}

}  // namespace facet::model
