// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_EVALUATE_EVALUATE_H_
#define FACET_MODEL_EVALUATE_EVALUATE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "model/data/dataset.h"
#include "model/data/split.h"
#include "model/preset/net_shape.h"
#include "model/render/renderer.h"

namespace facet::model {

// As v1.EvaluationReport, where every field is explained. Accuracies are given
// for the features that the judge knows (JudgedFeatures).
struct FeatureAccuracy {
  struct Part {
    std::string name;
    double synthetic = 0;
    double real = 0;
  };
  std::string feature;
  double synthetic = 0;
  // Of mixes: on the real images of all held-out cells, or of both parents where
  // none are held out.
  double real = 0;
  std::vector<Part> parts;
};

struct FeatureLikeness {
  std::string feature;
  double cosine = 0;
  double rank_one = 0;
  double real_rank_one = 0;
};

struct ImageMeasures {
  double ssim = 0;
  double high_frequency_ratio = 0;
  double kernel_distance = 0;
  double nearest_distance = 0;
  double real_nearest_distance = 0;
  std::vector<FeatureLikeness> likeness;  // of the features that the judge knows
};

// Of few images each time, as the model went on learning.
struct AccuracyHistory {
  struct Point {
    int step = 0;
    std::vector<double> accuracy;  // one for each feature
  };
  bool held_out = false;
  int64_t image_count = 0;
  std::vector<std::string> features;  // those that the judge knows
  std::vector<double> real;           // one for each feature
  std::vector<Point> points;          // by step
};

struct Evaluation {
  struct HeldOut {
    std::string rule;
    int64_t cell_count = 0;
    std::vector<FeatureAccuracy> accuracy;
    std::optional<double> psnr_db;       // nothing where no image was measured
    std::vector<int64_t> sample_images;  // up to 32 indices in the data set
    ImageMeasures measures;
  };
  struct Mix {
    std::string feature;
    int64_t image_count = 0;
    std::vector<FeatureAccuracy> kept;
    double parent_mass = 0;  // 0 where the judge does not know the feature
    double blend_distance = 0;
    double rendered_blend_distance = 0;
    double smoothness = 0;
    double nearest_distance = 0;
  };
  std::vector<HeldOut> held_out;
  std::vector<FeatureAccuracy> train;
  std::vector<Mix> mixes;
  std::optional<double> train_psnr_db;
  ImageMeasures train_measures;
  std::vector<FeatureAccuracy> train_on_synthetic;
  std::optional<AccuracyHistory> history;  // where there were samples
  uint64_t judge_seed = 0;
  int64_t judge_train_images = 0;
  double render_images_per_second = 0;
};

// What a model drew of the same images while it learnt.
struct SampleSeries {
  bool held_out = false;
  std::vector<int64_t> images;  // indices in the data set
  std::vector<int> steps;       // ascending; none: no history
  // What was drawn at one of them, float32 NHWC in [0, 1]. A step whose samples
  // cannot be read is left out.
  std::function<absl::StatusOr<std::vector<float>>(int step)> read;
};

struct EvaluateOptions {
  NetPlan plan;  // the judge has the classifier's shape and another seed
  const Dataset* dataset = nullptr;
  Split split;
  Renderer* renderer = nullptr;  // takes batches of `render_batch`
  int render_batch = 64;
  std::string device = "auto";
  // Largest number of images of each part; chosen by seed.
  int max_images = 2000;
  SampleSeries samples;
  Clock* clock = Clock::Real();
  // Fraction done of all, in [0, 1].
  std::function<void(double)> on_progress;
};

// Trains the judge on real images of training cells, then measures: held-out
// cells, training cells, and 0.5/0.5 mixes of two training images for every
// feature of two classes or more; where the plan's judge asks for it, trains a
// second classifier on synthetic images as well. A pure function of options and weights but
// for the measured speed. Errors of TrainJudge and Renderer; CANCELLED soon
// after `stop` is set.
absl::StatusOr<Evaluation> Evaluate(const EvaluateOptions& options, const std::atomic<bool>& stop);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_EVALUATE_H_
