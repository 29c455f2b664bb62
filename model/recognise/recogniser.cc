// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/recogniser.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "base/status_macros.h"
#include "model/evaluate/classifier_training.h"

namespace facet::model {

absl::StatusOr<std::unique_ptr<Judge>> TrainRecogniser(const ComparisonPlan& plan, const NetPlan& nets, int seed,
                                                       std::unique_ptr<BatchSource> batches, const std::string& device,
                                                       std::function<void(int)> on_step,
                                                       const std::atomic<bool>& stop) {
  ClassifierTraining training;
  training.shape = WithHeadsFor(nets.classifier, {plan.feature});
  training.seed = static_cast<uint64_t>(seed) ^ StableHash("recogniser");
  training.steps = plan.steps;
  training.learning_rate = plan.learning_rate;
  training.schedule.kind = ScheduleKind::kStep;
  training.schedule.factor = 1;
  training.weight_decay = plan.weight_decay;
  training.device = device;
  training.threads = nets.training.threads;
  training.precision = nets.training.precision;
  training.name = "a recogniser";
  training.rate_option = "augmentation.learning_rate";
  training.on_step = std::move(on_step);
  return TrainClassifier(training, std::move(batches), stop);
}

absl::StatusOr<std::vector<uint16_t>> Recognise(Judge& recogniser, const FeatureSchema& schema, int feature,
                                                const Dataset& images, int batch, const std::function<void()>& on_batch,
                                                const std::atomic<bool>& stop) {
  const size_t samples = images.info().shape.samples();
  const auto classes = static_cast<size_t>(schema.total_classes());
  std::vector<uint16_t> answers;
  std::vector<float> pixels(batch * samples);
  std::vector<float> probabilities(batch * classes);
  for (int64_t begin = 0; begin < images.size(); begin += batch) {
    if (stop) return absl::CancelledError("testing was stopped");
    const auto count = static_cast<int>(std::min<int64_t>(batch, images.size() - begin));
    for (int i = 0; i < count; ++i) ToFloat(images.pixels(begin + i), samples, &pixels[i * samples]);
    RETURN_IF_ERROR(recogniser.Classify(pixels.data(), count, probabilities.data()));
    for (int i = 0; i < count; ++i) {
      const float* first = &probabilities[i * classes + schema.offset(feature)];
      const float* best = std::max_element(first, first + schema.features()[feature].classes.size());
      answers.push_back(static_cast<uint16_t>(best - first));
    }
    on_batch();
  }
  return answers;
}

}  // namespace facet::model
