// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/server/core/models/model_samples.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PublishTest : public RegistryTest {};

TEST_F(PublishTest, MakesAVersionWithItsCard) {
  const auto info = Publish("digits");
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->name(), "models/digits@1");
  EXPECT_EQ(info->card().model(), "digits");
  EXPECT_EQ(info->card().version(), 1);
  EXPECT_EQ(info->card().description(), "made by a test");
  EXPECT_EQ(info->card().training_job(), "trainingJobs/job-1");
  EXPECT_EQ(info->card().create_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(info->create_time().seconds(), info->card().create_time().seconds());
  EXPECT_GT(info->size_bytes(), 100);
  EXPECT_FALSE(info->loaded());
  EXPECT_THAT(info->aliases(), ElementsAre("latest"));
  const auto card = model::ReadCard(*FileSystem::Posix(), absl::StrCat(root(), "/digits/1"));
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->model(), "digits");
  EXPECT_EQ(card->weights_sha256(), info->card().weights_sha256());
}

TEST_F(PublishTest, VersionsCountUpAndLatestFollows) {
  ASSERT_TRUE(Publish("digits", {"stable"}).ok());
  const auto second = Publish("digits", {"candidate"});
  ASSERT_TRUE(second.ok());
  EXPECT_THAT(second->aliases(), ElementsAre("candidate", "latest"));
  EXPECT_EQ(Resolved("digits"), "models/digits@2");
  EXPECT_EQ(Resolved("digits@latest"), "models/digits@2");
  EXPECT_EQ(Resolved("digits@stable"), "models/digits@1");
  EXPECT_EQ(Publish("faces")->name(), "models/faces@1");
}

TEST_F(PublishTest, KeepsHalvesWhereAskedTo) {
  v1::PublishModelRequest request;
  request.set_model_id("small");
  request.set_weight_type(v1::WEIGHT_TYPE_FLOAT16);
  const auto info = registry_->Publish(request, MakeBundle(1));
  ASSERT_TRUE(info.ok()) << info.status();
  const auto bundle = model::ReadBundle(*FileSystem::Posix(), absl::StrCat(root(), "/small/1"));
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  const auto tensors = model::ParseSafetensors(bundle->weights);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  EXPECT_EQ(tensors->at("generator.mark").type, model::TensorType::kFloat16);
  EXPECT_EQ(bundle->card.weights_sha256(), info->card().weights_sha256());
}

TEST_F(PublishTest, AnUnknownWeightTypeIsRefused) {
  v1::PublishModelRequest request;
  request.set_model_id("digits");
  request.set_weight_type(static_cast<v1::WeightType>(9));
  const absl::Status status = registry_->Publish(request, MakeBundle()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(status).field, "weight_type");
}

TEST_F(PublishTest, BadIdsAreRefusedWithTheirPath) {
  absl::Status status = Publish("Digits!").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(status).field, "model_id");
  status = Publish("digits", {"stable", "3"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(status).field, "aliases[1]");
  status = Publish("digits", {}, std::string(65, 'x')).status();
  EXPECT_EQ(GetErrorDetail(status).field, "request_id");
  v1::PublishModelRequest wordy;
  wordy.set_model_id("digits");
  wordy.set_description(std::string((16 << 10) + 1, 'x'));
  status = registry_->Publish(wordy, MakeBundle()).status();
  EXPECT_EQ(GetErrorDetail(status).field, "description");
  EXPECT_EQ(GetErrorDetail(status).reason, "TEXT_TOO_LONG");
  EXPECT_EQ(Resolved("digits"), "NOT_FOUND");
}

TEST_F(PublishTest, AliasesOfOneRequestAreAtMost32) {
  v1::PublishModelRequest request;
  request.set_model_id("digits");
  for (int i = 0; i < 33; ++i) request.add_aliases(absl::StrCat("a", i));
  const absl::Status refused = registry_->Publish(request, MakeBundle(1)).status();
  EXPECT_EQ(GetErrorDetail(refused).field, "aliases");
  EXPECT_EQ(GetErrorDetail(refused).reason, "OUT_OF_RANGE");
  request.mutable_aliases()->RemoveLast();
  EXPECT_TRUE(registry_->Publish(request, MakeBundle(1)).ok());
}

TEST_F(PublishTest, TheSameRequestIdMakesOneVersion) {
  const std::string id = "6f1f4d2c-6d3c-4f8e-9d42-6f8f1f0b7c11";
  ASSERT_EQ(Publish("digits", {}, id)->name(), "models/digits@1");
  ASSERT_EQ(Publish("digits")->name(), "models/digits@2");
  const auto again = Publish("digits", {}, id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), "models/digits@1");
  EXPECT_EQ(Resolved("digits"), "models/digits@2") << "latest never goes back";
  const absl::Status other = Publish("faces", {}, id).status();
  EXPECT_EQ(other.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(GetErrorDetail(other).reason, "REQUEST_ID_REUSED");
}

TEST_F(PublishTest, TheSameRequestIdForSomethingElseIsRefused) {
  v1::PublishModelRequest request;
  request.set_name("trainingJobs/job-1");
  request.set_model_id("digits");
  request.add_aliases("stable");
  request.add_aliases("good");
  request.set_description("made by a test");
  request.set_request_id("6f1f4d2c");
  ASSERT_TRUE(registry_->Publish(request, MakeBundle()).ok());
  const auto expect_refused = [&](auto change, const std::string& field) {
    v1::PublishModelRequest other = request;
    change(other);
    const absl::Status status = registry_->Publish(other, MakeBundle()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << field;
    EXPECT_EQ(GetErrorDetail(status).reason, "REQUEST_ID_REUSED") << field;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("published models/digits@1, and this request differs in " + field + ":"));
    EXPECT_EQ(GetErrorDetail(registry_->FindPublished(other).status()).reason, "REQUEST_ID_REUSED") << field;
  };
  expect_refused([](auto& other) { other.set_name("trainingJobs/job-2"); }, "name");
  expect_refused([](auto& other) { other.set_model_id("faces"); }, "model_id");
  expect_refused([](auto& other) { other.add_aliases("zzz"); }, "aliases");
  expect_refused([](auto& other) { other.set_description("another"); }, "description");
  expect_refused([](auto& other) { other.set_weight_type(v1::WEIGHT_TYPE_FLOAT16); }, "weight_type");
  expect_refused(
      [](auto& other) {
        other.clear_aliases();
        other.clear_description();
      },
      "aliases, description");
  EXPECT_EQ(Resolved("digits@zzz"), "NOT_FOUND");
  EXPECT_EQ(Resolved("faces"), "NOT_FOUND");
}

TEST_F(PublishTest, ARequestThatAsksForTheSameInOtherWordsIsTheSame) {
  ASSERT_TRUE(Publish("digits", {"stable", "good"}, "6f1f4d2c").ok());
  v1::PublishModelRequest request;
  request.set_name("trainingJobs/job-1");
  request.set_model_id("digits");
  for (const char* alias : {"good", "stable", "good"}) request.add_aliases(alias);
  request.set_description("made by a test");
  request.set_request_id("6f1f4d2c");
  request.set_weight_type(v1::WEIGHT_TYPE_FLOAT32);
  const auto again = registry_->Publish(request, MakeBundle());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), "models/digits@1");
}

TEST_F(PublishTest, WhatARequestIdHasMadeIsFoundWithoutItsBundle) {
  v1::PublishModelRequest request;
  request.set_name("trainingJobs/job-1");
  request.set_model_id("digits");
  request.add_aliases("stable");
  request.set_description("made by a test");
  request.set_request_id("6f1f4d2c");
  EXPECT_FALSE(registry_->FindPublished(request)->has_value());
  ASSERT_TRUE(registry_->Publish(request, MakeBundle()).ok());
  const auto found = registry_->FindPublished(request);
  ASSERT_TRUE(found.ok() && found->has_value()) << found.status();
  EXPECT_THAT((*found)->aliases(), ElementsAre("latest", "stable"));
  request.set_model_id("faces");
  EXPECT_EQ(GetErrorDetail(registry_->FindPublished(request).status()).reason, "REQUEST_ID_REUSED");
  request.set_model_id("Digits!");
  EXPECT_EQ(registry_->FindPublished(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PublishTest, ADamagedBundleChangesNothing) {
  ASSERT_TRUE(Publish("digits").ok());
  v1::PublishModelRequest request;
  request.set_name("trainingJobs/job-2");
  request.set_model_id("digits");
  const std::string bundle = MakeBundle();
  DamageFile(absl::StrCat(bundle, "/weights.safetensors"));
  const absl::Status status = registry_->Publish(request, bundle).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("weights.safetensors"));
  EXPECT_EQ(Resolved("digits"), "models/digits@1");
  EXPECT_TRUE(registry_->Acquire("digits", "model").ok()) << "the good one stays in use";
  EXPECT_THAT(FileSystem::Posix()->List(absl::StrCat(root(), "/digits")).value(), ElementsAre("1"));
  EXPECT_EQ(Publish("digits")->name(), "models/digits@2") << "it took no number";
}

TEST_F(PublishTest, ABundleThatCannotBeServedIsNotPublished) {
  v1::ModelCard card = MakeCard();
  card.set_width(13);
  const std::string bundle = store_.folder() / "odd";
  ASSERT_TRUE(model::WriteBundle(FileSystem::Posix(), bundle, card, MakeWeights()).ok());
  v1::PublishModelRequest request;
  request.set_model_id("digits");
  EXPECT_EQ(registry_->Publish(request, bundle).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Resolved("digits"), "NOT_FOUND");
}

TEST_F(PublishTest, FoldersOfALostDatabaseAreLeftAlone) {
  const std::string mine = absl::StrCat(root(), "/digits/1");
  ASSERT_TRUE(FileSystem::Posix()->CreateDirs(mine).ok());
  const auto info = Publish("digits");
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->name(), "models/digits@2");
  EXPECT_TRUE(FileSystem::Posix()->Exists(mine));
}

}  // namespace
}  // namespace facet::server
