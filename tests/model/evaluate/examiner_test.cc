// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/examiner.h"

#include <memory>

#include "base/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

constexpr int kPeople = 2;
constexpr int kTransforms = 4;  // r0, r90, m0, m90
constexpr int kClasses = kPeople + kTransforms;

// Images of one pixel: number i shows person i % 2 in transform i % 4.
std::unique_ptr<Dataset> MakeTurnedDataset() {
  const std::string path = MakeTempDir() + "/data";
  auto schema = FeatureSchema::Create({{"identity", {"F01", "F02"}}, {"transform", {"r0", "r90", "m0", "m90"}}});
  auto writer = DatasetWriter::Create(FileSystem::Posix(), path, *schema, {1, 1, 3});
  EXPECT_TRUE(writer.ok()) << writer.status();
  for (uint16_t i = 0; i < kTransforms; ++i) {
    const uint8_t pixels[] = {static_cast<uint8_t>(i), 0, 0};
    const uint16_t labels[] = {static_cast<uint16_t>(i % 2), i};
    EXPECT_TRUE((*writer)->Add(pixels, labels).ok());
  }
  EXPECT_TRUE((*writer)->Finish().ok());
  return *Dataset::Open(*FileSystem::Posix(), path);
}

class NoRenderer final : public Renderer {
 public:
  absl::Status Render(absl::Span<const float>, int, const PixelFormat&, void*) override { return absl::OkStatus(); }
  const ImageShape& shape() const override { return shape_; }
  int total_classes() const override { return kClasses; }
  const std::string& device() const override { return device_; }
  int64_t memory_bytes() const override { return 0; }

 private:
  ImageShape shape_{1, 1, 3};
  std::string device_ = "cpu";
};

// Says the same of every image.
class OneTrackJudge final : public Judge {
 public:
  bool Knows(int feature) const override { return known[feature]; }
  absl::Status Classify(const float*, int count, float* probabilities) override {
    for (int i = 0; i < count; ++i) std::copy(says.begin(), says.end(), probabilities + i * kClasses);
    return absl::OkStatus();
  }
  int embedding_size(int) const override { return 0; }
  absl::Status Embed(const float*, int, float*) override { return absl::OkStatus(); }

  std::vector<bool> known = {true, true};
  std::vector<float> says;
};

class ExaminerTest : public testing::Test {
 protected:
  Tally Score(std::vector<int64_t> images) {
    Tally tally = examiner_.NewTally();
    examiner_.LoadReal(images);
    EXPECT_TRUE(examiner_.Score(images, &tally).ok());
    return tally;
  }

  std::unique_ptr<Dataset> dataset_ = MakeTurnedDataset();
  NoRenderer renderer_;
  OneTrackJudge judge_;
  FakeClock clock_;
  Examiner examiner_{*dataset_, renderer_, judge_, clock_, 64};
};

auto Accuracy(const std::string& feature, double synthetic, double real) {
  return AllOf(Field(&FeatureAccuracy::feature, feature), Field(&FeatureAccuracy::synthetic, synthetic),
               Field(&FeatureAccuracy::real, real));
}

auto Part(const std::string& name, double synthetic, double real) {
  return AllOf(Field(&FeatureAccuracy::Part::name, name), Field(&FeatureAccuracy::Part::synthetic, synthetic),
               Field(&FeatureAccuracy::Part::real, real));
}

// r0 is the likeliest class, 90 degrees the likeliest turn, r the likeliest of r and m.
TEST_F(ExaminerTest, PartsAreScoredByTheSumsOfTheirGroups) {
  judge_.says = {0.75f, 0.25f, 0.375f, 0.25f, 0.0f, 0.375f};
  const auto accuracies = examiner_.Accuracies(Score({0, 1, 2, 3}), Score({1}));
  ASSERT_THAT(accuracies, ElementsAre(Accuracy("identity", 0.5, 0), Accuracy("transform", 0.25, 0)));
  EXPECT_THAT(accuracies[0].parts, IsEmpty());
  EXPECT_THAT(accuracies[1].parts, ElementsAre(Part("turn", 0.5, 1), Part("mirroring", 0.5, 1)));
}

TEST_F(ExaminerTest, SkippedAndUnknownFeaturesHaveNoParts) {
  judge_.says = {0.75f, 0.25f, 0.375f, 0.25f, 0.0f, 0.375f};
  const Tally tally = Score({0});
  EXPECT_THAT(examiner_.Accuracies(tally, tally, 1), ElementsAre(Accuracy("identity", 1, 1)));
  judge_.known = {true, false};
  EXPECT_THAT(examiner_.Accuracies(tally, tally), ElementsAre(Accuracy("identity", 1, 1)));
  judge_.known = {false, true};
  EXPECT_THAT(examiner_.Accuracies(tally, tally), ElementsAre(Accuracy("transform", 1, 1)));
}

TEST_F(ExaminerTest, OfNoImagesThereIsNothingToSay) {
  EXPECT_THAT(examiner_.Accuracies(examiner_.NewTally(), examiner_.NewTally()), IsEmpty());
}

TEST_F(ExaminerTest, TalliesAddUp) {
  judge_.says = {0.75f, 0.25f, 0.375f, 0.25f, 0.0f, 0.375f};
  Tally sum = Score({0, 2});
  sum.Add(Score({3}));
  EXPECT_EQ(sum.seen, 3);
  EXPECT_THAT(sum.right, ElementsAre(2, 1, 1, 1));
}

}  // namespace
}  // namespace facet::model
