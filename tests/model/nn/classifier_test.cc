// SPDX-License-Identifier: Apache-2.0
#include "model/nn/classifier.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/nn/mixed_precision.h"
#include "model/nn/state.h"
#include "tiny_nets.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;

at::Tensor Images(int64_t count) { return Uniform({count, 3, 10, 10}, "images"); }

bool Equal(const Classifier& a, const Classifier& b) {
  for (size_t i = 0; i < a.parameters().size(); ++i) {
    if (!at::equal(a.parameters()[i].tensor, b.parameters()[i].tensor)) return false;
  }
  return true;
}

TEST(ClassifierTest, NamesItsParametersAsBundlesDo) {
  const Classifier classifier(TinyClassifier(), 1);
  std::vector<std::string> names;
  for (const NamedTensor& named : classifier.parameters()) names.push_back(named.name);
  EXPECT_THAT(names, ElementsAre("classifier.block.0.weight", "classifier.block.0.bias", "classifier.block.1.weight",
                                 "classifier.block.1.bias", "classifier.head.0.0.weight", "classifier.head.0.0.bias",
                                 "classifier.head.0.1.weight", "classifier.head.0.1.bias", "classifier.head.1.0.weight",
                                 "classifier.head.1.0.bias", "classifier.head.1.1.weight", "classifier.head.1.1.bias"));
}

TEST(ClassifierTest, HasAsManyParametersAsItsShapeSays) {
  ClassifierShape shape = TinyClassifier();
  for (const std::vector<int>& headless : {std::vector<int>{}, {0}, {0, 1}}) {
    shape.headless = headless;
    int64_t count = 0;
    const Classifier classifier(shape, 1);
    for (const NamedTensor& named : classifier.parameters()) count += named.tensor.numel();
    EXPECT_EQ(count, ParameterCount(shape));
  }
}

TEST(ClassifierTest, GivesLogitsOfEveryFeatureAndTheActivationsAskedFor) {
  const Classifier classifier(TinyClassifier(), 1);
  const ClassifierOutput output = classifier.Forward(Images(4));
  ASSERT_EQ(output.logits.size(), 2u);
  EXPECT_THAT(output.logits[0].sizes().vec(), ElementsAre(4, 3));
  EXPECT_THAT(output.logits[1].sizes().vec(), ElementsAre(4, 2));
  EXPECT_THAT(output.features.sizes().vec(), ElementsAre(4, 7, 5, 5)) << "before the pooling";
  EXPECT_TRUE(at::equal(classifier.Features(Images(4)), output.features));
}

TEST(ClassifierTest, FeaturesMayComeFromAnEarlyBlock) {
  ClassifierShape shape = TinyClassifier();
  shape.feature_loss_block = 0;
  const Classifier classifier(shape, 1);
  const at::Tensor features = classifier.Forward(Images(2)).features;
  EXPECT_THAT(features.sizes().vec(), ElementsAre(2, 6, 5, 5));
  EXPECT_TRUE(at::equal(classifier.Features(Images(2)), features));
}

TEST(ClassifierTest, HeadlessFeaturesHaveNoLogits) {
  ClassifierShape shape = TinyClassifier();
  shape.headless = {0};
  const ClassifierOutput output = Classifier(shape, 1).Forward(Images(2));
  EXPECT_FALSE(output.logits[0].defined());
  EXPECT_TRUE(output.logits[1].defined());
  // The other head keeps its weights: they depend on its name alone.
  EXPECT_TRUE(at::equal(output.logits[1], Classifier(TinyClassifier(), 1).Forward(Images(2)).logits[1]));
}

// One pass of the blocks serves all heads, and not a bit is other for it.
TEST(ClassifierTest, EmbedsForAllHeadsAtOnceAsForEachAlone) {
  const Classifier classifier(TinyClassifier(), 1);
  const std::vector<at::Tensor> embeddings = classifier.Embed(Images(4));
  ASSERT_EQ(embeddings.size(), 2u);
  for (int f = 0; f < 2; ++f) {
    ClassifierShape shape = TinyClassifier();
    shape.headless = {1 - f};
    const std::vector<at::Tensor> alone = Classifier(shape, 1).Embed(Images(4));
    EXPECT_FALSE(alone[1 - f].defined());
    EXPECT_TRUE(at::equal(alone[f], embeddings[f])) << f;
    EXPECT_THAT(embeddings[f].sizes().vec(), ElementsAre(4, classifier.embedding_size()));
  }
  const auto& parameters = classifier.parameters();
  EXPECT_TRUE(at::equal(at::linear(embeddings[1], parameters.end()[-2].tensor, parameters.end()[-1].tensor),
                        classifier.Forward(Images(4)).logits[1]));
}

// Local response normalisation by its definition, and the rest written out.
TEST(ClassifierTest, ComputesTheNetOfThePaper) {
  const Classifier classifier(TinyClassifier(), 4);
  const auto& p = classifier.parameters();
  const auto activate = [](const at::Tensor& x) { return at::where(x > 0, x, x * 0.2f); };
  at::Tensor x = activate(at::conv2d(Images(2), p[0].tensor, p[1].tensor, 2, 1)).detach().contiguous();
  const at::Tensor normed = at::empty_like(x);
  const auto in = x.accessor<float, 4>();
  auto out = normed.accessor<float, 4>();
  for (int n = 0; n < 2; ++n) {
    for (int c = 0; c < 6; ++c) {
      for (int i = 0; i < 25; ++i) {
        double squares = 0;
        for (int d = std::max(0, c - 2); d <= std::min(5, c + 2); ++d) squares += std::pow(in[n][d][i / 5][i % 5], 2);
        const double scale = std::pow(1.0 + 1e-4 / 5 * squares, -0.75);
        out[n][c][i / 5][i % 5] = static_cast<float>(in[n][c][i / 5][i % 5] * scale);
      }
    }
  }
  x = at::max_pool2d(activate(at::conv2d(normed, p[2].tensor, p[3].tensor, 1, 1)), 3, 2).reshape({2, -1});
  x = activate(at::matmul(x, p[8].tensor.t()) + p[9].tensor);
  x = at::matmul(x, p[10].tensor.t()) + p[11].tensor;
  EXPECT_LT(Difference(classifier.Forward(Images(2)).logits[1], x), 1e-5);
}

// Of activations so large that rounding their squares to 16 bits would show.
TEST(ClassifierTest, NormalisesInFloat32WhateverItsProductsTake) {
  if (!HasBfloat16Units(c10::kCPU)) GTEST_SKIP() << "this processor has no units for bfloat16";
  ClassifierShape shape = TinyClassifier();  // but its first block alone, whose output is then what it embeds
  ASSERT_TRUE(shape.blocks[0].local_response_norm);
  shape.blocks.resize(1);
  shape.blocks[0].pool_kernel = 0;
  shape.head_widths.clear();
  shape.feature_loss_block = 0;
  const Classifier classifier(shape, 1);
  const at::Tensor images = Images(2) * 1000;
  const MixedPrecision mixed(c10::kCPU, Precision::kMixed);
  const at::Tensor normed = classifier.Embed(images)[0];
  EXPECT_EQ(normed.scalar_type(), at::kFloat);
  const at::Tensor x = classifier.Features(images).to(at::kDouble);
  const at::Tensor squares = at::constant_pad_nd((x * x).unsqueeze(1), {0, 0, 0, 0, 2, 2});
  const at::Tensor sum = squares.unfold(2, 5, 1).sum(-1).squeeze(1);
  const at::Tensor expected = x / (sum * (1e-4 / 5) + 1).pow(0.75);
  EXPECT_TRUE(at::allclose(normed.to(at::kDouble), expected.flatten(1), 1e-5, 1e-5));
}

TEST(ClassifierTest, WeightsDependOnTheSeedAlone) {
  at::manual_seed(3);
  const Classifier a(TinyClassifier(), 5);
  at::manual_seed(4);
  EXPECT_TRUE(Equal(a, Classifier(TinyClassifier(), 5)));
  EXPECT_FALSE(Equal(a, Classifier(TinyClassifier(), 6)));
}

TEST(ClassifierTest, DropoutIsAFunctionOfItsKey) {
  const Classifier classifier(TinyClassifier(), 1);
  const auto logits = [&](std::optional<DropoutKey> key) { return classifier.Forward(Images(8), key).logits[0]; };
  EXPECT_TRUE(at::equal(logits(DropoutKey{1, 2}), logits(DropoutKey{1, 2})));
  EXPECT_FALSE(at::equal(logits(DropoutKey{1, 2}), logits(DropoutKey{1, 3})));
  EXPECT_FALSE(at::equal(logits(DropoutKey{1, 2}), logits(DropoutKey{2, 2})));
  EXPECT_FALSE(at::equal(logits(DropoutKey{1, 2}), logits(std::nullopt)));
  EXPECT_TRUE(at::equal(logits(std::nullopt), logits(std::nullopt)));
}

TEST(ClassifierTest, FrozenItPassesGradientsToTheImages) {
  const Classifier classifier(TinyClassifier(), 1);
  SetRequiresGrad(classifier.parameters(), false);
  const at::Tensor images = Images(2).requires_grad_();
  classifier.Forward(images).logits[0].sum().backward();
  EXPECT_GT(images.grad().abs().max().item<double>(), 0);
  EXPECT_FALSE(classifier.parameters()[0].tensor.grad().defined());
}

TEST(ClassifierTest, LoadsWhatWasSaved) {
  const Classifier classifier(TinyClassifier(), 9);
  StateViews views;
  views.Add(classifier.parameters());
  const auto loaded = Classifier::Load(TinyClassifier(), views.tensors());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(Equal(*loaded, classifier));
}

}  // namespace
}  // namespace facet::model
