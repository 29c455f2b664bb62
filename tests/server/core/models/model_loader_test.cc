// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/model_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/server/core/models/model_samples.h"

namespace facet::server {
namespace {

using ::testing::HasSubstr;

class ModelLoaderTest : public ::testing::Test {
 protected:
  std::string Write(const v1::ModelCard& card) {
    const std::string path = folder_ / "bundle";
    EXPECT_TRUE(model::WriteBundle(FileSystem::Posix(), path, card, MakeWeights()).ok());
    return path;
  }

  absl::StatusOr<std::unique_ptr<LoadedModel>> LoadFrom(const std::string& path, int classes = 6) {
    const RendererFactory factory =
        [classes](const model::GeneratorShape& shape, absl::string_view weights,
                  const model::RendererOptions& options) -> absl::StatusOr<std::unique_ptr<model::Renderer>> {
      EXPECT_EQ(weights, MakeWeights());
      EXPECT_EQ(options.max_batch, 7);
      EXPECT_THAT(shape.classes, testing::ElementsAre(4, 2));
      return std::make_unique<FakeRenderer>(model::ImageShape{shape.image_size(), shape.image_size(), 3}, classes);
    };
    model::RendererOptions options;
    options.max_batch = 7;
    auto build = ReadModel(*FileSystem::Posix(), path, "models/digits@3", factory, options);
    if (!build.ok()) return build.status();
    return (*std::move(build))();
  }

  TempFolder folder_;
};

TEST_F(ModelLoaderTest, BuildsAModelFromItsBundle) {
  const auto model = LoadFrom(Write(MakeCard()));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->name, "models/digits@3");
  EXPECT_EQ((*model)->schema.total_classes(), 6);
  EXPECT_EQ((*model)->renderer->shape(), (model::ImageShape{12, 12, 3}));
  EXPECT_EQ((*model)->card.training_job(), "trainingJobs/job-1");
}

TEST_F(ModelLoaderTest, AMissingBundleIsDataLoss) {
  const absl::Status status = LoadFrom(folder_ / "nowhere").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetErrorDetail(status).reason, "BUNDLE_MISSING");
  EXPECT_THAT(std::string(status.message()), HasSubstr("models/digits@3"));
}

TEST_F(ModelLoaderTest, AFlippedBitIsDataLossAndNamesTheFile) {
  for (const char* file : {"weights.safetensors", "model.json", "SHA256SUMS"}) {
    const std::string path = Write(MakeCard());
    DamageFile(absl::StrCat(path, "/", file));
    const absl::Status status = LoadFrom(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << file << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path)) << file;
    ASSERT_TRUE(FileSystem::Posix()->RemoveAll(path).ok());
  }
}

TEST_F(ModelLoaderTest, ACardThatContradictsItselfIsDataLoss) {
  const auto load = [&](auto change) {
    v1::ModelCard card = MakeCard();
    change(card);
    const std::string path = Write(card);
    const absl::Status status = LoadFrom(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_TRUE(FileSystem::Posix()->RemoveAll(path).ok());
    return GetErrorDetail(status).reason;
  };
  EXPECT_EQ(load([](v1::ModelCard& card) { card.clear_schema(); }), "BAD_CARD");
  EXPECT_EQ(load([](v1::ModelCard& card) { card.set_width(11); }), "BAD_CARD");
  EXPECT_EQ(load([](v1::ModelCard& card) { card.set_channels(1); }), "BAD_CARD");
  EXPECT_EQ(load([](v1::ModelCard& card) { card.clear_height(), card.clear_width(); }), "BAD_CARD");
  EXPECT_EQ(load([](v1::ModelCard& card) { card.mutable_preset()->clear_generator(); }), "BAD_CARD");
}

TEST_F(ModelLoaderTest, WeightsOfAnotherSchemaAreDataLoss) {
  EXPECT_EQ(LoadFrom(Write(MakeCard()), /*classes=*/5).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace facet::server
