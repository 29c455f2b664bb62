// SPDX-License-Identifier: Apache-2.0
// What is told of specs that no stream can be opened for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tests/base/status_is.h"
#include "tests/server/core/streams/stream_world.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(StreamRefusalsTest, RefusalsNameTheField) {
  StreamWorld world;
  world.models.Point("wide", [] {
    auto model = MakeFakeModel();
    model->renderer = std::make_unique<FakeRenderer>(model::ImageShape{4, 6, 3}, 6);
    return model;
  }());
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"batch_size: -1", "spec.batch_size"},
      {"pixel_type: 99", "spec.pixel_type"},
      {"rehearsal: 99", "spec.rehearsal"},
      {"rank: 4 world_size: 4", "spec.rank"},
      {"recipe { features { feature: 'shape' pairs { beta: 0 } } }", "spec.recipe.features[0].pairs.beta"},
      {"recipe { real { dataset: 'real' share: 2 } }", "spec.recipe.real.share"},
      {"recipe { real { dataset: '' share: 0.5 } }", "spec.recipe.real.dataset"},
      {"recipe { real { dataset: 'real' share: 0.5 only { feature: 'shape' classes: 'cube' } } }",
       "spec.recipe.real.only[0].classes[0]"},
      {"recipe { filter { } }", "spec.recipe.filter"},
      {"recipe { filter { sharpness { min: 2 max: 1 } } }", "spec.recipe.filter.sharpness"},
      {"model: 'wide' recipe { transforms { square: 2 } }", "spec.recipe.transforms.square"},
      {"batch_size: 4096 pixel_type: PIXEL_TYPE_FLOAT32 recipe { repeats: 1000 }", ""},
  };
  for (const auto& [text, field] : refused) {
    const auto opened = world.Open(text);
    if (field.empty()) {
      EXPECT_THAT(opened, IsOk()) << text;
      continue;
    }
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument) << opened.status();
    EXPECT_EQ(GetErrorDetail(opened.status()).field, field) << text << opened.status();
  }
  EXPECT_THAT(world.Open("recipe { real { dataset: 'none' share: 0.5 } }"),
              IsError(absl::StatusCode::kNotFound, HasSubstr("no such data set")));
  EXPECT_EQ(GetErrorDetail(world.Open("batch_size: -1 recipe { real { dataset: 'none' share: 0.5 } }").status())
                .violations[1]
                .field,
            "spec.recipe.real.dataset");
  EXPECT_THAT(world.Open("model: 'wide' recipe { real { dataset: 'real' share: 0.5 } }"),
              HasReason(absl::StatusCode::kFailedPrecondition, "SHAPE_MISMATCH"));
  EXPECT_THAT(world.Open("recipe { filter { confidence { feature: 'shape' min: 0.5 } } }"),
              HasReason(absl::StatusCode::kUnimplemented, "NO_JUDGE"));
  EXPECT_THAT(world.Open("", "damaged"), IsBadField("resume_token", "BAD_TOKEN"));
}

TEST(StreamRefusalsTest, AllMistakesOfASpecAreToldAtOnce) {
  StreamWorld world;
  v1::DescribeStreamRequest request;
  *request.mutable_spec() =
      StreamWorld::Start(
          "batch_size: -1 last_batch: 9 labels: 0 labels: 9 rehearsal: 99 rank: 4 world_size: 4 worker: -1 epochs: -2 "
          "pixel_type: PIXEL_TYPE_FLOAT32 layout: 99 normalization { mean: 1 mean: 2 std: -1 } "
          "recipe { features { feature: 'shap' pairs { beta: 0 } } repeats: -1 "
          "  transforms { square: 99 noise { min: 1 max: 0 } } } ")
          .spec();
  const absl::Status status = world.factory->Describe(request).status();
  EXPECT_THAT(status, IsBadField("spec.rehearsal", "UNKNOWN_VALUE"));
  std::vector<std::string> fields;
  for (const FieldViolation& violation : GetErrorDetail(status).violations) fields.push_back(violation.field);
  EXPECT_THAT(
      fields,
      ElementsAre("spec.rehearsal", "spec.recipe.features[0].feature", "spec.recipe.features[0].pairs.beta",
                  "spec.recipe.repeats", "spec.recipe.transforms.square[0]", "spec.recipe.transforms.noise",
                  "spec.batch_size", "spec.last_batch", "spec.labels[0]", "spec.labels[1]", "spec.layout",
                  "spec.normalization.mean", "spec.normalization.std[0]", "spec.rank", "spec.worker", "spec.epochs"));
  EXPECT_THAT(std::string(status.message()),
              testing::StartsWith("the first 16 mistakes: spec.rehearsal: 99 is no Rehearsal; "));
}

TEST(StreamRefusalsTest, MistakesOfPartsAreToldTogether) {
  StreamWorld world(nullptr, {}, true);
  const absl::Status status =
      world
          .Open(
              "batch_size: -1 recipe { real { dataset: 'real' share: 2 only { feature: 'shape' classes: 'cube' } "
              "only { feature: 'size' } } filter { attempts: 17 sharpness { min: -1 } confidence { feature: 'age' } "
              "confidence { feature: 'shape' min: 0.5 judge: 'nobody' } } }")
          .status();
  std::vector<std::string> fields;
  for (const FieldViolation& violation : GetErrorDetail(status).violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("spec.recipe.real.only[0].classes[0]", "spec.recipe.real.only[1].classes",
                                  "spec.recipe.real.only[1].feature", "spec.recipe.filter.attempts",
                                  "spec.recipe.filter.sharpness", "spec.recipe.filter.confidence[0].feature",
                                  "spec.recipe.filter.confidence[0].min", "spec.recipe.filter.confidence[1]",
                                  "spec.recipe.real.share", "spec.batch_size"));
}

TEST(StreamRefusalsTest, ABatchThatNoMessageHoldsIsRefusedWithOneThatFits) {
  StreamWorld world(nullptr, {.max_message_bytes = 10000});
  const auto opened = world.Open("batch_size: 64");
  ASSERT_THAT(opened, IsBadField("spec.batch_size", "BATCH_TOO_LARGE"));
  EXPECT_THAT(world.Open("batch_size: 16"), IsOk());
  StreamWorld tiny(nullptr, {.max_message_bytes = 1000});
  EXPECT_THAT(tiny.Open("batch_size: 1"), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("not one image fits")));
}

}  // namespace
}  // namespace facet::server
