// SPDX-License-Identifier: Apache-2.0
#include "model/nn/state.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "model/bundle/half_weights.h"
#include "tiny_nets.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

NamedTensors Zeros() {
  return {{"a", at::zeros({2, 3})}, {"b", at::zeros({4}, at::kLong)}, {"c", at::zeros({5}, at::kByte)}};
}

NamedTensors Numbers() {
  return {{"a", Uniform({2, 3}, "a")}, {"b", at::arange(4, at::kLong)}, {"c", at::arange(5, at::kByte)}};
}

TEST(StateTest, SurvivesTheWayThroughAFile) {
  const NamedTensors saved = Numbers();
  StateViews views;
  views.Add(saved);
  const std::string file = SerializeSafetensors(views.tensors(), {});
  const NamedTensors loaded = Zeros();
  ASSERT_TRUE(LoadState(ParseSafetensors(file).value(), loaded).ok());
  for (size_t i = 0; i < saved.size(); ++i) EXPECT_TRUE(at::equal(saved[i].tensor, loaded[i].tensor));
}

TEST(StateTest, WidensHalves) {
  const NamedTensors saved = Numbers();
  StateViews views;
  views.Add(saved);
  const std::string file = HalveWeights(SerializeSafetensors(views.tensors(), {})).value();
  const NamedTensors loaded = Zeros();
  ASSERT_TRUE(LoadState(ParseSafetensors(file).value(), loaded).ok());
  EXPECT_EQ(loaded[0].tensor.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(loaded[0].tensor, saved[0].tensor.to(at::kHalf).to(at::kFloat)));
  EXPECT_TRUE(at::equal(loaded[1].tensor, saved[1].tensor));
}

TEST(StateTest, ViewsRowMajorTensorsWhereTheyLie) {
  const NamedTensors tensors = Numbers();
  StateViews views;
  views.Add(tensors);
  const TensorView& view = views.tensors().at("a");
  EXPECT_EQ(static_cast<const void*>(view.bytes.data()), tensors[0].tensor.const_data_ptr());
  EXPECT_THAT(view.shape, ElementsAre(2, 3));
  EXPECT_EQ(view.type, TensorType::kFloat32);
}

TEST(StateTest, WritesOtherLayoutsRowMajor) {
  const at::Tensor tensor = Uniform({2, 3, 4, 4}, "x").contiguous(at::MemoryFormat::ChannelsLast);
  StateViews views;
  views.Add({{"x", tensor}});
  const NamedTensors loaded = {{"x", at::zeros({2, 3, 4, 4})}};
  ASSERT_TRUE(LoadState(views.tensors(), loaded).ok());
  EXPECT_TRUE(at::equal(loaded[0].tensor, tensor));
}

TEST(StateTest, LoadsIntoParametersThatLearn) {
  StateViews views;
  views.Add({{"w", at::ones({3})}});
  const NamedTensors parameters = {{"w", at::zeros({3}).requires_grad_()}};
  ASSERT_TRUE(LoadState(views.tensors(), parameters).ok());
  EXPECT_EQ(parameters[0].tensor.sum().item<float>(), 3);
  EXPECT_TRUE(parameters[0].tensor.is_leaf());
}

TEST(StateTest, SaysWhichTensorIsWrongAndChangesNothing) {
  const NamedTensors saved = Numbers();
  StateViews views;
  views.Add(saved);
  const auto expect = [&](NamedTensors wanted, const std::string& message) {
    const absl::Status status = LoadState(views.tensors(), wanted);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(GetErrorDetail(status).reason, "BAD_WEIGHTS");
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
    EXPECT_EQ(wanted[0].tensor.sum().item<float>(), 0) << "a was good, but the load failed";
  };
  NamedTensors wanted = Zeros();
  wanted.push_back({"d", at::zeros({1})});
  expect(wanted, "'d' is missing");
  wanted = Zeros();
  wanted[1].tensor = at::zeros({2, 2}, at::kLong);
  expect(wanted, "'b' is int64 [4] where int64 [2, 2] is needed");
  wanted = Zeros();
  wanted[2].tensor = at::zeros({5});
  expect(wanted, "'c' is uint8 [5] where float32 [5] is needed");
}

TEST(StateTest, RefusesBytesThatDoNotFillTheShape) {
  const std::string bytes(8, '\0');
  const TensorMap state = {{"a", {TensorType::kFloat32, {3}, bytes}}};
  EXPECT_EQ(LoadState(state, {{"a", at::zeros({3})}}).code(), absl::StatusCode::kDataLoss);
}

TEST(StateTest, ReadsFromOddAddresses) {
  StateViews views;
  views.Add({{"x", at::full({3}, 2.5f)}});
  const std::string shifted = absl::StrCat("!", views.tensors().at("x").bytes);
  const TensorMap state = {{"x", {TensorType::kFloat32, {3}, absl::string_view(shifted).substr(1)}}};
  const NamedTensors loaded = {{"x", at::zeros({3})}};
  ASSERT_TRUE(LoadState(state, loaded).ok());
  EXPECT_EQ(loaded[0].tensor.sum().item<float>(), 7.5f);
}

TEST(CheckFiniteTest, NamesTheFirstTensorThatIsNot) {
  NamedTensors tensors = Numbers();
  EXPECT_TRUE(CheckFinite(tensors).ok());
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    tensors[0].tensor[1][2] = bad;
    const absl::Status status = CheckFinite(tensors);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr("'a'"));
  }
}

}  // namespace
}  // namespace facet::model
