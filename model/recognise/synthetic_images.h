// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RECOGNISE_SYNTHETIC_IMAGES_H_
#define FACET_MODEL_RECOGNISE_SYNTHETIC_IMAGES_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "model/evaluate/judge.h"
#include "model/recognise/comparison_plan.h"
#include "model/render/renderer.h"
#include "model/train/labelled_images.h"

namespace facet::model {

struct SyntheticCounts {
  int64_t rendered = 0;
  int64_t kept = 0;
  // Left out, by the first reason.
  int64_t dropped_confidence = 0;
  int64_t dropped_sharpness = 0;
};

struct SyntheticOptions {
  int feature = 0;
  int mix_feature = 0;
  SyntheticFilter filter;
  Renderer* renderer = nullptr;  // takes `batch` images
  Judge* judge = nullptr;        // knows `feature`
  int batch = 64;
  // Fraction done, in [0, 1].
  std::function<void(double)> on_progress;
};

struct SyntheticImages {
  std::unique_ptr<MemoryImages> images;  // labels are those of the first parent
  SyntheticCounts counts;
};

// Renders every vector of a PairGrid over the features of `originals`, not empty,
// and keeps what the filter lets through, as bytes. The band of sharpness is
// around the median energy of fine detail (HighFrequencyEnergy) of what the model
// makes of the originals' own cells, each counted once, which are rendered first;
// where those have no fine detail at all, sharpness is not looked at. A pure
// function of options and originals. FAILED_PRECONDITION (reason NO_SYNTHETIC_IMAGES): nothing was good enough.
// CANCELLED soon after `stop` is set.
absl::StatusOr<SyntheticImages> RenderSynthetic(const SyntheticOptions& options, const LabelledImages& originals,
                                                const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_SYNTHETIC_IMAGES_H_
