// SPDX-License-Identifier: Apache-2.0
#include "model/render/generator_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/float16.h"
#include "model/bundle/half_weights.h"
#include "random_net.h"

namespace facet::model {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

RandomNet SmallNet() { return MakeNet(MakeShape({3, 2}, {8, 4}, {5}, 2, 3, {{4, 4, 1}, {3, 5, 1}}), 1); }

void ExpectDataLoss(const RandomNet& net, const std::string& reason, const std::string& message) {
  const absl::Status status = GeneratorWeights::Read(net.shape, net.File()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_EQ(GetErrorDetail(status).reason, reason);
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

TEST(GeneratorWeightsTest, FindsEveryTensor) {
  const RandomNet net = SmallNet();
  const std::string file = net.File();
  const auto weights = GeneratorWeights::Read(net.shape, file);
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_THAT(weights->feature1[1].weight, ElementsAreArray(net.tensors.at("generator.feature.1.fc1.weight")));
  EXPECT_THAT(weights->feature2[0].bias, ElementsAreArray(net.tensors.at("generator.feature.0.fc2.bias")));
  EXPECT_THAT(weights->joint[0].weight, ElementsAreArray(net.tensors.at("generator.joint.0.weight")));
  EXPECT_THAT(weights->base.bias, ElementsAreArray(net.tensors.at("generator.base.bias")));
  EXPECT_THAT(weights->up[1].weight, ElementsAreArray(net.tensors.at("generator.up.1.weight")));
}

TEST(GeneratorWeightsTest, ReadsFilesAtAnyAddress) {
  const RandomNet net = SmallNet();
  for (size_t shift = 0; shift < 8; ++shift) {
    const std::string shifted = std::string(shift, 'x') + net.File();
    const auto weights = GeneratorWeights::Read(net.shape, absl::string_view(shifted).substr(shift));
    ASSERT_TRUE(weights.ok()) << weights.status();
    EXPECT_THAT(weights->up[0].weight, ElementsAreArray(net.tensors.at("generator.up.0.weight")));
  }
}

TEST(GeneratorWeightsTest, WidensHalves) {
  const RandomNet net = SmallNet();
  const std::string halves = HalveWeights(net.File()).value();
  const auto weights = GeneratorWeights::Read(net.shape, halves);
  ASSERT_TRUE(weights.ok()) << weights.status();
  const std::vector<float>& exact = net.tensors.at("generator.up.1.weight");
  ASSERT_EQ(weights->up[1].weight.size(), exact.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    EXPECT_EQ(weights->up[1].weight[i], FromFloat16(ToFloat16(exact[i])));
  }
}

TEST(GeneratorWeightsTest, PassesOverOtherTensors) {
  RandomNet net = SmallNet();
  net.tensors["classifier.block.0.weight"] = {std::numeric_limits<float>::quiet_NaN()};
  net.shapes["classifier.block.0.weight"] = {1};
  EXPECT_TRUE(GeneratorWeights::Read(net.shape, net.File()).ok());
}

TEST(GeneratorWeightsTest, NamesTheTensorThatIsMissing) {
  const RandomNet whole = SmallNet();
  for (const auto& [name, values] : whole.tensors) {
    RandomNet net = whole;
    net.tensors.erase(name);
    ExpectDataLoss(net, "BAD_WEIGHTS", "'" + name + "' is missing");
  }
}

TEST(GeneratorWeightsTest, NamesTheTensorThatIsNotFinite) {
  const RandomNet whole = SmallNet();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (const auto& [name, values] : whole.tensors) {
      RandomNet net = whole;
      net.tensors[name].back() = bad;
      ExpectDataLoss(net, "WEIGHTS_NOT_FINITE", "'" + name + "' is not finite");
    }
  }
}

TEST(GeneratorWeightsTest, NamesTheTensorOfAnotherShapeOrType) {
  RandomNet net = SmallNet();
  net.shapes["generator.joint.0.weight"] = {12, 5};
  ExpectDataLoss(net, "BAD_WEIGHTS", "'generator.joint.0.weight' has shape [12, 5], not [5, 12]");

  net = SmallNet();
  TensorMap views = net.Views();
  views["generator.base.bias"].type = TensorType::kUint8;
  views["generator.base.bias"].shape = {static_cast<int64_t>(views["generator.base.bias"].bytes.size())};
  const absl::Status status = GeneratorWeights::Read(net.shape, SerializeSafetensors(views, {})).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("'generator.base.bias' is not of type F32 or F16"));
}

TEST(GeneratorWeightsTest, RefusesWhatIsNoSafetensorsFile) {
  const RandomNet net = SmallNet();
  const std::string file = net.File();
  for (const std::string& bad : {std::string(), std::string("PK\x03\x04"), file.substr(0, file.size() - 1)}) {
    EXPECT_EQ(GetErrorDetail(GeneratorWeights::Read(net.shape, bad).status()).reason, "BAD_SAFETENSORS");
  }
}

TEST(GeneratorWeightsTest, RefusesShapesThatNoGeneratorHas) {
  const auto expect_bad = [](const std::function<void(GeneratorShape&)>& change) {
    GeneratorShape shape = SmallNet().shape;
    ASSERT_TRUE(CheckGeneratorShape(shape).ok());
    change(shape);
    const absl::Status status = CheckGeneratorShape(shape);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetErrorDetail(status).reason, "BAD_NET_SHAPE");
  };
  expect_bad([](GeneratorShape& s) { s.classes.clear(); });
  expect_bad([](GeneratorShape& s) { s.classes[0] = 0; });
  expect_bad([](GeneratorShape& s) { s.feature_widths.pop_back(); });
  expect_bad([](GeneratorShape& s) { s.feature_widths[1] = -1; });
  expect_bad([](GeneratorShape& s) { s.joint_widths[0] = 0; });
  expect_bad([](GeneratorShape& s) { s.base_size = 0; });
  expect_bad([](GeneratorShape& s) { s.layers.clear(); });
  expect_bad([](GeneratorShape& s) { s.layers[1].kernel = 1; });
  expect_bad([](GeneratorShape& s) { s.layers[1].padding = -1; });
  expect_bad([](GeneratorShape& s) { s.layers[0].out_channels = 5; });
  expect_bad([](GeneratorShape& s) { s.layers[0].out_size = 5; });
  expect_bad([](GeneratorShape& s) { s.layers[1].in_size = 5; });
}

}  // namespace
}  // namespace facet::model
