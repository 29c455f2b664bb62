// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <utility>

#include "tests/base/status_is.h"
#include "tests/model/recognise/blending_renderer.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class MemoryStore final : public RecogniserStore {
 public:
  absl::StatusOr<std::optional<Answers>> FindAnswers(TrainingSource source, int seed) override {
    const auto found = answers.find({source, seed});
    return found == answers.end() ? std::nullopt : std::make_optional(found->second);
  }
  absl::Status KeepAnswers(TrainingSource source, int seed, const Answers& given) override {
    answers[{source, seed}] = given;
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<SyntheticCounts>> FindCounts() override { return counts; }
  absl::Status KeepCounts(const SyntheticCounts& given) override {
    counts = given;
    return absl::OkStatus();
  }

  std::map<std::pair<TrainingSource, int>, Answers> answers;
  std::optional<SyntheticCounts> counts;
};

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() {
    ComparisonPlan& plan = options_.plan;
    plan.feature = kSide;
    plan.mix_feature = kColour;
    plan.tests = {"first", "second"};
    plan.sources = {TrainingSource::kOriginals, TrainingSource::kMixup, TrainingSource::kSynthetic};
    plan.seeds = 2;
    plan.steps = 12;
    plan.batch_size = 8;
    plan.learning_rate = 5e-3;
    plan.filter = {1e-9, 1e-9, 1e9};
    options_.nets = TinyPlan();
    options_.nets.judge.steps = 10;
    options_.dataset = dataset_.get();
    options_.train.resize(kTinyImages);
    std::iota(options_.train.begin(), options_.train.end(), 0);
    options_.tests = {test_.get(), test_.get()};
    options_.renderer = &renderer_;
    options_.batch = 10;
    options_.device = "cpu";
    options_.store = &store_;
    options_.on_phase = [this](const std::string& phase, int step) { phases_.push_back({phase, step}); };
    options_.on_progress = [this](double, int step) {
      last_step_ = step;
      if (step == stop_at_) stop_ = true;
    };
  }
  absl::StatusOr<Comparison> Run() { return Compare(options_, stop_); }

  std::unique_ptr<Dataset> dataset_ = MakeTinyDataset();
  std::unique_ptr<Dataset> test_ = MakeTinyDataset();
  BlendingRenderer renderer_{dataset_.get()};
  MemoryStore store_;
  ComparisonOptions options_;
  std::atomic<bool> stop_{false};
  std::vector<std::pair<std::string, int>> phases_;
  int last_step_ = 0;
  int stop_at_ = -1;
};

TEST_F(ComparisonTest, ComparesEverySourceOnEveryTestAndOnAll) {
  const auto comparison = Run();
  ASSERT_THAT(comparison, IsOk());
  ASSERT_THAT(comparison->sources, SizeIs(3));
  for (const Comparison::Source& source : comparison->sources) {
    ASSERT_THAT(source.tests, SizeIs(3));
    EXPECT_EQ(source.tests[0].name, "first");
    EXPECT_EQ(source.tests[2].name, "all");
    EXPECT_EQ(source.tests[0].images, kTinyImages);
    EXPECT_EQ(source.tests[2].images, 2 * kTinyImages);
    EXPECT_THAT(source.tests[0].accuracy, SizeIs(2));
    EXPECT_EQ(source.tests[0].accuracy, source.tests[2].accuracy) << "the tests are alike here";
    EXPECT_EQ(source.tests[1].difference.has_value(), source.source != TrainingSource::kOriginals);
  }
  EXPECT_EQ(comparison->sources[1].images, kTinyImages);
  EXPECT_EQ(comparison->sources[2].images, 48);
  EXPECT_EQ(comparison->synthetic.rendered, 48);
  EXPECT_THAT(phases_, ElementsAre(std::pair("judging", 0), std::pair("rendering", 0), std::pair("training", 0)));
  EXPECT_EQ(last_step_, 3 * 2 * 12);
}

TEST_F(ComparisonTest, OneTestIsNotToldTwice) {
  options_.plan.tests.pop_back();
  options_.tests.pop_back();
  options_.plan.sources = {TrainingSource::kOriginals};
  const auto comparison = Run();
  ASSERT_THAT(comparison, IsOk());
  EXPECT_THAT(comparison->sources[0].tests, SizeIs(1));
  EXPECT_EQ(renderer_.images, 0) << "nobody needed them";
  EXPECT_THAT(phases_, ElementsAre(std::pair("training", 0)));
}

TEST_F(ComparisonTest, CutOffItGoesOnWithTheNextAndComesToTheSame) {
  ASSERT_THAT(Run(), IsOk());
  const auto whole = store_.answers;
  store_ = MemoryStore();
  phases_.clear();
  stop_at_ = 2 * 12 + 5;  // in the third recogniser
  EXPECT_TRUE(absl::IsCancelled(Run().status()));
  EXPECT_THAT(store_.answers, SizeIs(2));
  stop_ = false;
  stop_at_ = -1;
  phases_.clear();
  ASSERT_THAT(Run(), IsOk());
  EXPECT_EQ(store_.answers, whole);
  EXPECT_EQ(phases_.back(), std::pair(std::string("training"), 24));
}

TEST_F(ComparisonTest, WhatIsThereIsNotDoneAgain) {
  const auto first = Run();
  renderer_.images = 0;
  phases_.clear();
  const auto second = Run();
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(renderer_.images, 0);
  EXPECT_THAT(phases_, ElementsAre(std::pair("training", 72)));
  EXPECT_EQ(second->synthetic.kept, 48);
  EXPECT_EQ(second->sources[2].tests[2].difference->low, first->sources[2].tests[2].difference->low);
}

TEST_F(ComparisonTest, AnswersOfOtherTestsAreNotTaken) {
  store_.answers[{TrainingSource::kOriginals, 1}] = {{1, 0}, {1}};
  options_.plan.sources = {TrainingSource::kOriginals};
  ASSERT_THAT(Run(), IsOk());
  EXPECT_THAT((store_.answers[{TrainingSource::kOriginals, 1}][0]), SizeIs(kTinyImages));
}

}  // namespace
}  // namespace facet::model
