// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RECOGNISE_COMPARISON_H_
#define FACET_MODEL_RECOGNISE_COMPARISON_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/data/dataset.h"
#include "model/preset/net_shape.h"
#include "model/recognise/comparison_plan.h"
#include "model/recognise/synthetic_images.h"
#include "model/render/renderer.h"

namespace facet::model {

// What a recogniser says of the images of each test set: indices of classes.
using Answers = std::vector<std::vector<uint16_t>>;

// Keeps what is done, for the next attempt.
class RecogniserStore {
 public:
  virtual ~RecogniserStore() = default;
  // Nothing where there is none, or a damaged one. Errors: what there is cannot
  // be read.
  virtual absl::StatusOr<std::optional<Answers>> FindAnswers(TrainingSource source, int seed) = 0;
  virtual absl::Status KeepAnswers(TrainingSource source, int seed, const Answers& answers) = 0;
  virtual absl::StatusOr<std::optional<SyntheticCounts>> FindCounts() = 0;
  virtual absl::Status KeepCounts(const SyntheticCounts& counts) = 0;
};

struct ComparisonOptions {
  ComparisonPlan plan;
  NetPlan nets;  // recognisers and judge have the classifier's shape
  const Dataset* dataset = nullptr;
  std::vector<int64_t> train;         // indices of the originals
  std::vector<const Dataset*> tests;  // in the order of plan.tests
  Renderer* renderer = nullptr;       // takes `batch` images; null where no source is synthetic
  int batch = 64;
  std::string device = "auto";
  RecogniserStore* store = nullptr;
  // A phase begins, at a step of all recognisers' together; and how far it is,
  // in [0, 1]. Often: of each step.
  std::function<void(const std::string& phase, int step)> on_phase;
  std::function<void(double done, int step)> on_progress;
};

// As v1.AugmentationReport.
struct Comparison {
  struct Test {
    std::string name;
    int64_t images = 0;
    std::vector<double> accuracy;  // by seed
    double mean_accuracy = 0;
    // Of other sources than the baseline.
    struct Difference {
      double mean = 0;
      double low = 0;
      double high = 0;
      double mcnemar_p = 1;
      // By seed: images right where the baseline is wrong, and wrong where it is
      // right.
      std::vector<int64_t> gained;
      std::vector<int64_t> lost;
    };
    std::optional<Difference> difference;
  };
  struct Source {
    TrainingSource source = TrainingSource::kOriginals;
    int64_t images = 0;
    std::vector<Test> tests;
  };
  std::vector<Source> sources;
  SyntheticCounts synthetic;
};

// Trains the recognisers that `store` does not have, source by source, asks all
// of them about the tests, and compares. Synthetic images are made first, once,
// where a recogniser needs them. A pure function of options and weights, however
// often it was cut off. CANCELLED within a step after `stop` is set; errors of
// MatchClasses, TrainJudge, RenderSynthetic, TrainClassifier and the store.
absl::StatusOr<Comparison> Compare(const ComparisonOptions& options, const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_COMPARISON_H_
