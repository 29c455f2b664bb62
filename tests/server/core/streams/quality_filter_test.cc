// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/quality_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "tests/base/status_is.h"
#include "tests/model/augment/recipes.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using Verdict = QualityFilter::Verdict;

constexpr model::ImageShape kShape{4, 4, 3};

// Believes that an image shows expression e0 by as much as its first sample
// says, e1 by the rest; has a feature in front that the stream has not.
class SampleJudge final : public ImageJudge {
 public:
  const std::string& name() const override { return name_; }
  const std::string& digest() const override { return digest_; }
  const model::FeatureSchema& schema() const override { return schema_; }
  int image_size() const override { return 4; }
  bool Knows(int feature) const override { return feature == 1; }
  absl::Status Classify(absl::Span<const float> images, const model::ImageShape& shape, int count,
                        absl::Span<float> probabilities) override {
    for (int i = 0; i < count; ++i) {
      const float first = images[i * shape.samples()];
      const std::vector<float> row = {1, first, 1 - first};
      std::copy(row.begin(), row.end(), probabilities.begin() + i * 3);
    }
    return absl::OkStatus();
  }

 private:
  const std::string name_ = "models/judge@1", digest_ = "beef";
  const model::FeatureSchema schema_ =
      model::FeatureSchema::Create({{"age", {"any"}}, {"expression", {"e0", "e1"}}}).value();
};

absl::StatusOr<std::shared_ptr<ImageJudge>> FindJudge(absl::string_view model, absl::string_view field) {
  if (model == "judge" || model == "own") return std::make_shared<SampleJudge>();
  return InvalidField(field, "NO_SUCH", "there is no such judge");
}

absl::StatusOr<QualityFilter> Make(const std::string& text, const JudgeProvider& judges = FindJudge,
                                   const model::ImageShape& shape = kShape) {
  return QualityFilter::Create(FromText<v1::QualityFilter>(text), model::FaceSchema(2, 2), shape, "own", judges);
}

// Images whose samples are all `value`.
std::vector<float> Even(std::vector<float> values) {
  std::vector<float> images;
  for (const float value : values) images.insert(images.end(), kShape.samples(), value);
  return images;
}

TEST(QualityFilterTest, KeepsWhatTheJudgeBelieves) {
  const QualityFilter filter = Make("confidence { judge: 'judge' feature: 'expression' min: 0.7 }").value();
  EXPECT_EQ(filter.judges(), "models/judge@1 beef\n");
  // Asked were e0, e0, e1, and a mix of both.
  const std::vector<float> dense = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0.5f, 0.5f};
  EXPECT_THAT(filter.Judge(Even({0.9f, 0.2f, 0.2f, 0.4f}), kShape, dense, 4).value(),
              ElementsAre(Verdict::kKept, Verdict::kNotBelieved, Verdict::kKept, Verdict::kKept));
}

TEST(QualityFilterTest, KeepsWhatIsInTheSharpnessBand) {
  std::vector<float> images = Even({0.5f, 0.5f, 0.5f});
  for (int c = 0; c < 3; ++c) {
    images[kShape.samples() + 15 + c] += 0.02f;  // a faint point
    images[2 * kShape.samples() + 15 + c] = 1;   // a bright one
  }
  const std::vector<float> dense(12, 1.0f);
  EXPECT_THAT(Make("sharpness { min: 0.01 max: 0.5 }")->Judge(images, kShape, dense, 3).value(),
              ElementsAre(Verdict::kNotSharp, Verdict::kKept, Verdict::kNotSharp));
  EXPECT_THAT(Make("sharpness { min: 0.01 }")->Judge(images, kShape, dense, 3).value(),
              ElementsAre(Verdict::kNotSharp, Verdict::kKept, Verdict::kKept));
}

TEST(QualityFilterTest, TriesThreeReplacementsUnlessSaid) {
  EXPECT_EQ(Make("sharpness { min: 1 }")->attempts(), 3);
  EXPECT_EQ(Make("sharpness { min: 1 } attempts: 0")->attempts(), 0);
}

TEST(QualityFilterTest, TheStreamsOwnModelJudgesWhereNobodyIsNamed) {
  EXPECT_THAT(Make("confidence { feature: 'expression' min: 0.7 }"), IsOk());
}

TEST(QualityFilterTest, RefusalsSayWhatIsWrong) {
  EXPECT_THAT(Make(""), IsBadField("", "EMPTY_FILTER"));
  EXPECT_THAT(Make("sharpness { min: -1 }"), IsBadField("sharpness", "OUT_OF_RANGE"));
  EXPECT_THAT(Make("sharpness { min: 1 } attempts: 17"), IsBadField("attempts", "OUT_OF_RANGE"));
  EXPECT_THAT(Make("confidence { feature: 'age' min: 0.5 }"), IsBadField("confidence[0].feature", "UNKNOWN_FEATURE"));
  EXPECT_THAT(Make("confidence { feature: 'expression' }"), IsBadField("confidence[0].min", "OUT_OF_RANGE"));
  EXPECT_THAT(Make("confidence { judge: 'x' feature: 'expression' min: 0.5 }"),
              IsBadField("confidence[0].judge", "NO_SUCH"));
  EXPECT_THAT(Make("confidence { feature: 'identity' min: 0.5 }"),
              HasReason(absl::StatusCode::kFailedPrecondition, "SCHEMA_MISMATCH"));
  EXPECT_THAT(Make("confidence { feature: 'expression' min: 0.5 } confidence { feature: 'expression' min: 0.6 }"),
              IsBadField("confidence[1].feature", "DUPLICATE_FEATURE"));
  EXPECT_THAT(Make("confidence { feature: 'expression' min: 0.5 }", nullptr),
              HasReason(absl::StatusCode::kUnimplemented, "NO_JUDGE"));
}

TEST(QualityFilterTest, AJudgeOfAnotherSizeIsRefusedAtItsField) {
  for (const model::ImageShape shape : {model::ImageShape{4, 6, 3}, {6, 4, 3}, {8, 8, 3}}) {
    const auto filter = Make("sharpness { min: 1 } confidence { feature: 'expression' min: 0.5 }", FindJudge, shape);
    EXPECT_THAT(filter, HasReason(absl::StatusCode::kFailedPrecondition, "SHAPE_MISMATCH"));
    EXPECT_EQ(GetErrorDetail(filter.status()).field, "confidence[0].judge");
  }
}

}  // namespace
}  // namespace facet::server
