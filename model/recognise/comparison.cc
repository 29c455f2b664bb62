// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/comparison.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "model/evaluate/classifier_training.h"
#include "model/evaluate/judge.h"
#include "model/recognise/recogniser.h"
#include "model/recognise/training_batches.h"
#include "model/recognise/verdict.h"
#include "model/train/labelled_images.h"

namespace facet::model {
namespace {

constexpr char kAllTests[] = "all";

// One recogniser to be.
struct Slot {
  TrainingSource source;
  int seed;
  std::optional<Answers> answers;
};

class Comparer {
 public:
  Comparer(const ComparisonOptions& options, const std::atomic<bool>& stop)
      : options_(options),
        plan_(options.plan),
        schema_(options.dataset->info().schema),
        originals_(options.dataset, options.train),
        stop_(stop) {}

  absl::StatusOr<Comparison> Run();

 private:
  absl::Status FindDone();
  bool Fits(const Answers& answers) const;
  absl::Status MakeSynthetic();
  absl::Status Train(Slot& slot);
  absl::Status TrainMissing();
  // Steps of all recognisers, `more` of the one at work; what an int cannot hold
  // is cut off.
  int StepAt(int more = 0) const {
    const int64_t step = int64_t{1} * done_ * plan_.steps + more;
    return static_cast<int>(std::min<int64_t>(step, std::numeric_limits<int>::max()));
  }
  // Whether the images of test `test` were recognised, by slot.
  absl::StatusOr<std::vector<Hits>> HitsOf(size_t test) const;
  Comparison::Source JudgeSource(size_t source, const std::vector<std::vector<Hits>>& hits) const;
  int64_t ImagesOf(TrainingSource source) const;

  const ComparisonOptions& options_;
  const ComparisonPlan& plan_;
  const FeatureSchema& schema_;
  const DatasetImages originals_;
  const std::atomic<bool>& stop_;
  std::vector<Slot> slots_;  // source by source
  int done_ = 0;
  int done_before_ = 0;
  std::unique_ptr<MemoryImages> synthetic_;
  SyntheticCounts counts_;
};

bool Comparer::Fits(const Answers& answers) const {
  if (answers.size() != options_.tests.size()) return false;
  for (size_t t = 0; t < answers.size(); ++t) {
    if (static_cast<int64_t>(answers[t].size()) != options_.tests[t]->size()) return false;
  }
  return true;
}

absl::Status Comparer::FindDone() {
  for (const TrainingSource source : plan_.sources) {
    for (int seed = 1; seed <= plan_.seeds; ++seed) {
      ASSIGN_OR_RETURN(std::optional<Answers> answers, options_.store->FindAnswers(source, seed));
      if (answers.has_value() && !Fits(*answers)) answers.reset();
      done_ += answers.has_value();
      slots_.push_back({source, seed, std::move(answers)});
    }
  }
  done_before_ = done_;
  return absl::OkStatus();
}

absl::Status Comparer::MakeSynthetic() {
  bool needed = false;
  for (const Slot& slot : slots_) needed = needed || (NeedsSynthetic(slot.source) && !slot.answers.has_value());
  ASSIGN_OR_RETURN(const std::optional<SyntheticCounts> counts, options_.store->FindCounts());
  if (!needed && counts.has_value()) {
    counts_ = *counts;
    return absl::OkStatus();
  }
  options_.on_phase("judging", StepAt());
  const auto on_progress = [this](double done) { options_.on_progress(done, StepAt()); };
  NetPlan nets = options_.nets;
  nets.classifier = WithHeadsFor(std::move(nets.classifier), {plan_.feature});
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Judge> judge,
      TrainJudge({std::move(nets), options_.dataset, options_.train, options_.device, on_progress}, stop_));
  options_.on_phase("rendering", StepAt());
  const SyntheticOptions render{plan_.feature, plan_.mix_feature, plan_.filter, options_.renderer,
                                judge.get(),   options_.batch,    on_progress};
  ASSIGN_OR_RETURN(SyntheticImages made, RenderSynthetic(render, originals_, stop_));
  synthetic_ = std::move(made.images);
  counts_ = made.counts;
  // Once: made again, they are no progress.
  return counts.has_value() ? absl::OkStatus() : options_.store->KeepCounts(counts_);
}

absl::Status Comparer::Train(Slot& slot) {
  const auto on_step = [this](int steps) {
    const double whole = static_cast<double>(slots_.size() - done_before_) * plan_.steps;
    const double done = static_cast<double>(done_ - done_before_) * plan_.steps + steps;
    options_.on_progress(done / whole, StepAt(steps));
  };
  auto batches = MakeTrainingBatches(slot.source, &originals_, synthetic_.get(), plan_.batch_size, slot.seed);
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Judge> recogniser,
      TrainRecogniser(plan_, options_.nets, slot.seed, std::move(batches), options_.device, on_step, stop_));
  Answers answers;
  const auto on_batch = [&] { on_step(plan_.steps); };
  for (const Dataset* test : options_.tests) {
    ASSIGN_OR_RETURN(answers.emplace_back(),
                     Recognise(*recogniser, schema_, plan_.feature, *test, options_.batch, on_batch, stop_));
  }
  RETURN_IF_ERROR(options_.store->KeepAnswers(slot.source, slot.seed, answers));
  slot.answers = std::move(answers);
  ++done_;
  return absl::OkStatus();
}

absl::Status Comparer::TrainMissing() {
  options_.on_phase("training", StepAt());
  for (Slot& slot : slots_) {
    if (!slot.answers.has_value()) RETURN_IF_ERROR(Train(slot));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Hits>> Comparer::HitsOf(size_t test) const {
  const Dataset& images = *options_.tests[test];
  const FeatureSchema& of_test = images.info().schema;
  ASSIGN_OR_RETURN(const std::vector<uint16_t> classes, MatchClasses(schema_, plan_.feature, of_test));
  ASSIGN_OR_RETURN(const int feature, of_test.FindFeature(schema_.features()[plan_.feature].name));
  std::vector<Hits> hits;
  for (const Slot& slot : slots_) {
    Hits& of_slot = hits.emplace_back();
    for (int64_t i = 0; i < images.size(); ++i) {
      of_slot.push_back((*slot.answers)[test][i] == classes[images.labels(i)[feature]]);
    }
  }
  return hits;
}

int64_t Comparer::ImagesOf(TrainingSource source) const {
  if (source == TrainingSource::kSynthetic) return counts_.kept;
  return originals_.size() + (NeedsSynthetic(source) ? counts_.kept : 0);
}

Comparison::Source Comparer::JudgeSource(size_t source, const std::vector<std::vector<Hits>>& hits) const {
  Comparison::Source result;
  result.source = plan_.sources[source];
  result.images = ImagesOf(result.source);
  for (size_t test = 0; test < hits.size(); ++test) {
    const auto of_source = hits[test].begin() + static_cast<ptrdiff_t>(source) * plan_.seeds;
    const std::vector<Hits> own(of_source, of_source + plan_.seeds);
    const std::vector<Hits> baseline(hits[test].begin(), hits[test].begin() + plan_.seeds);
    const std::string name = test < plan_.tests.size() ? plan_.tests[test] : kAllTests;
    result.tests.push_back(JudgeTest(name, own, source == 0 ? nullptr : &baseline));
  }
  return result;
}

absl::StatusOr<Comparison> Comparer::Run() {
  // What does not fit together shows before the work.
  for (const Dataset* test : options_.tests) {
    RETURN_IF_ERROR(MatchClasses(schema_, plan_.feature, test->info().schema).status());
  }
  RETURN_IF_ERROR(FindDone());
  if (plan_.needs_synthetic()) RETURN_IF_ERROR(MakeSynthetic());
  RETURN_IF_ERROR(TrainMissing());
  std::vector<std::vector<Hits>> hits;  // by test, slot
  for (size_t test = 0; test < options_.tests.size(); ++test) {
    ASSIGN_OR_RETURN(hits.emplace_back(), HitsOf(test));
  }
  if (hits.size() > 1) {
    std::vector<Hits> all(slots_.size());
    for (const auto& of_test : hits) {
      for (size_t slot = 0; slot < all.size(); ++slot) {
        all[slot].insert(all[slot].end(), of_test[slot].begin(), of_test[slot].end());
      }
    }
    hits.push_back(std::move(all));
  }
  Comparison comparison;
  comparison.synthetic = counts_;
  for (size_t source = 0; source < plan_.sources.size(); ++source) {
    if (stop_) return absl::CancelledError("the comparison was stopped");
    comparison.sources.push_back(JudgeSource(source, hits));
    options_.on_progress(1, StepAt());
  }
  return comparison;
}

}  // namespace

absl::StatusOr<Comparison> Compare(const ComparisonOptions& options, const std::atomic<bool>& stop) {
  return Comparer(options, stop).Run();
}

}  // namespace facet::model
