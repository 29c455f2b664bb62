// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/classifier_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/thread.h"
#include "tests/base/status_is.h"
#include "tests/server/core/streams/stream_world.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Believes in every shape by as much as an image's first sample says, and knows
// no colours. Notices if two threads use it at once.
class FirstSampleJudge final : public model::Judge {
 public:
  bool Knows(int feature) const override { return feature == 0; }
  absl::Status Classify(const float* images, int count, float* probabilities) override {
    if (in_use_.exchange(true)) return absl::InternalError("two at once");
    if (count != 1) return absl::InternalError("several at once");
    std::fill(probabilities, probabilities + 6, 0.0f);
    std::fill(probabilities, probabilities + 4, images[0]);
    in_use_ = false;
    return absl::OkStatus();
  }
  int embedding_size(int) const override { return 0; }
  absl::Status Embed(const float*, int, float*) override { return absl::InternalError("not here"); }

 private:
  std::atomic<bool> in_use_{false};
};

ClassifierHandle MakeJudge(const model::FeatureSchema& schema, int side = 4) {
  auto classifier = std::make_shared<LoadedClassifier>();
  classifier->name = "models/judge@1";
  classifier->schema = schema;
  classifier->image_size = side;
  classifier->judge = std::make_unique<FirstSampleJudge>();
  return classifier;
}

constexpr char kSpec[] =
    "batch_size: 16 recipe { features { feature: 'shape' pairs { beta: 1 } } repeats: 4 "
    "filter { confidence { judge: 'judge' feature: 'shape' min: 0.5 } } } ";

TEST(ClassifierJudgeTest, OnlyWhatAModelsClassifierBelievesIsSent) {
  StreamWorld world(nullptr, {}, true);
  world.models.Teach("judge", MakeJudge(world.schema));
  int kept = 0, dropped = 0;
  for (const Received& batch : world.ReadAll(kSpec)) {
    kept += batch.message.filter().kept();
    dropped += batch.message.filter().dropped_confidence();
    for (int64_t i = 0; i < batch.message.images().shape(0); ++i) {
      // Both parents of a mix are believed by as much as the sample says.
      EXPECT_GE(static_cast<uint8_t>(batch.pixels[i * 48]), 63);
    }
  }
  EXPECT_GT(kept, 40);
  EXPECT_GT(dropped, 10);
}

TEST(ClassifierJudgeTest, StreamsTakeTurnsAtOneJudge) {
  StreamWorld world(nullptr, {}, true);
  world.models.Teach("judge", MakeJudge(world.schema));
  const std::vector<Received> wanted = world.ReadAll(kSpec);
  std::vector<Thread> readers;
  for (int r = 0; r < 4; ++r) {
    readers.emplace_back("reader", [&] {
      const std::vector<Received> batches = world.ReadAll(kSpec);
      ASSERT_EQ(batches.size(), wanted.size());
      for (size_t i = 0; i < batches.size(); ++i) EXPECT_EQ(batches[i].Bytes(), wanted[i].Bytes());
    });
  }
  for (Thread& reader : readers) reader.Join();
}

TEST(ClassifierJudgeTest, TheJudgeIsPartOfTheStreamsIdentity) {
  StreamWorld world(nullptr, {}, true);
  world.models.Teach("judge", MakeJudge(world.schema));
  const std::string token = world.ReadAll(kSpec, "", 1)[0].message.token();
  ClassifierHandle other = MakeJudge(world.schema);
  other->name = "models/judge@2";
  world.models.Teach("judge", other);
  EXPECT_THAT(world.Open(kSpec, token), IsError(absl::StatusCode::kFailedPrecondition, HasSubstr("judge")));
}

TEST(ClassifierJudgeTest, TellsItsVersionByWhichTheStreamGoesOn) {
  StreamWorld world(nullptr, {}, true);
  world.models.Teach("judge", MakeJudge(world.schema));
  world.models.Teach("models/judge@1", MakeJudge(world.schema));
  v1::DescribeStreamRequest request;
  *request.mutable_spec() = StreamWorld::Start(kSpec).spec();
  EXPECT_THAT(world.factory->Describe(request)->judge_versions(), ElementsAre("models/judge@1"));
  const v1::StreamBatchesResponse first = world.ReadAll(kSpec, "", 1)[0].message;
  EXPECT_THAT(first.judge_versions(), ElementsAre("models/judge@1"));
  // The name means another one meanwhile.
  ClassifierHandle other = MakeJudge(world.schema);
  other->name = "models/judge@2";
  world.models.Teach("judge", other);
  v1::StreamStart start = StreamWorld::Start(kSpec, first.token());
  start.mutable_spec()->mutable_recipe()->mutable_filter()->mutable_confidence(0)->set_judge("models/judge@1");
  EXPECT_THAT(world.factory->Open(start), IsOk());
}

TEST(ClassifierJudgeTest, TheStreamsOwnModelIsTheSameJudgeByName) {
  StreamWorld world(nullptr, {}, true);
  ClassifierHandle own = MakeJudge(world.schema);
  own->name = "models/fake@1";
  world.models.Teach("models/fake@1", own);
  v1::StreamStart start =
      StreamWorld::Start("batch_size: 4 recipe { filter { confidence { feature: 'shape' min: 0.1 } } }");
  const v1::StreamBatchesResponse first = ReadBatch(*world.factory->Open(start).value())->message;
  EXPECT_THAT(first.judge_versions(), ElementsAre("models/fake@1"));
  start.set_resume_token(first.token());
  start.mutable_spec()->mutable_recipe()->mutable_filter()->mutable_confidence(0)->set_judge("models/fake@1");
  EXPECT_THAT(world.factory->Open(start), IsOk());
}

TEST(ClassifierJudgeTest, OneThatFindsNoMemoryCostsItsBatchAlone) {
  class GreedyJudge final : public model::Judge {
   public:
    bool Knows(int feature) const override { return feature == 0; }
    absl::Status Classify(const float*, int, float*) override { throw std::bad_alloc(); }
    int embedding_size(int) const override { return 0; }
    absl::Status Embed(const float*, int, float*) override { return absl::InternalError("not here"); }
  };
  StreamWorld world(nullptr, {}, true);
  const ClassifierHandle greedy = MakeJudge(world.schema);
  greedy->judge = std::make_unique<GreedyJudge>();
  world.models.Teach("judge", greedy);
  EXPECT_THAT(ReadBatch(*world.Open(kSpec).value()), HasReason(absl::StatusCode::kResourceExhausted, "OUT_OF_MEMORY"));
  world.models.Teach("judge", MakeJudge(world.schema));
  EXPECT_THAT(ReadBatch(*world.Open(kSpec).value()), IsOk());
}

TEST(ClassifierJudgeTest, RefusesAJudgeThatDoesNotFit) {
  StreamWorld world(nullptr, {}, true);
  EXPECT_EQ(world.Open(kSpec).status().code(), absl::StatusCode::kNotFound);
  world.models.Teach("judge", MakeJudge(world.schema));
  EXPECT_THAT(world.Open("recipe { filter { confidence { judge: 'judge' feature: 'colour' min: 0.5 } } }"),
              HasReason(absl::StatusCode::kFailedPrecondition, "SCHEMA_MISMATCH"));
  world.models.Teach("judge", MakeJudge(world.schema, 8));
  v1::DescribeStreamRequest request;
  *request.mutable_spec() = StreamWorld::Start(kSpec).spec();
  const absl::Status described = world.factory->Describe(request).status();
  EXPECT_THAT(described, HasReason(absl::StatusCode::kFailedPrecondition, "SHAPE_MISMATCH"));
  EXPECT_EQ(GetErrorDetail(described).field, "spec.recipe.filter.confidence[0].judge");
}

}  // namespace
}  // namespace facet::server
