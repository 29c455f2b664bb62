// SPDX-License-Identifier: Apache-2.0
#include "model/augment/stream_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/base/status_is.h"
#include "tests/model/augment/recipes.h"

namespace facet::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const StreamSources kSources = {"models/digits@3", "cafe", "datasets/digits@1", "f00d", "models/judge@1 beef"};
constexpr char kSpec[] =
    "model: 'digits' batch_size: 32 shuffle_seed: 1 augmentation_seed: 2 "
    "recipe { real { dataset: 'digits' share: 0.1 } filter { confidence { judge: 'judge' feature: 'digit' min: 0.5 } } "
    "}";

StreamIdentity Make(const std::string& more = "", const StreamSources& sources = kSources) {
  auto spec = FromText<v1::StreamSpec>(kSpec);
  spec.MergeFrom(FromText<v1::StreamSpec>(more));
  return StreamIdentity(spec, sources);
}

TEST(StreamIdentityTest, TokensComeBack) {
  for (const StreamPosition position : {StreamPosition{0, 0}, {3, 77}, {int64_t{1} << 60, int64_t{1} << 45}}) {
    const std::string token = Make().MakeToken(position);
    EXPECT_LE(token.size(), 256u);
    EXPECT_EQ(Make().ReadToken(token).value(), position);
  }
}

TEST(StreamIdentityTest, WhoReadsHowLongAndByWhichNameIsNoPartOfIt) {
  const std::string token = Make().MakeToken({1, 2});
  for (const std::string same :
       {"rank: 1 world_size: 4", "worker: 2 workers: 3", "epochs: -1", "first_epoch: 3", "model: 'digits@latest'",
        "recipe { real { dataset: 'digits@1' } }", "pixel_type: PIXEL_TYPE_UINT8 layout: PIXEL_LAYOUT_NHWC",
        "last_batch: LAST_BATCH_PARTIAL labels: LABEL_FORM_SOFT", "recipe { repeats: 1 shuffle: true }"}) {
    EXPECT_EQ(Make(same).MakeToken({1, 2}), token) << same;
    EXPECT_EQ(Make(same).fingerprint(), Make().fingerprint()) << same;
  }
}

TEST(StreamIdentityTest, SaysWhatDiffers) {
  const std::string token = Make().MakeToken({1, 2});
  const std::vector<std::pair<std::string, std::string>> others = {
      {"batch_size: 33", "recipe"},
      {"recipe { transforms { blur { min: 1 max: 1 } } }", "recipe"},
      {"recipe { real { share: 0.2 } }", "recipe"},
      {"pixel_type: PIXEL_TYPE_FLOAT16", "recipe"},
      {"last_batch: LAST_BATCH_FILL", "recipe"},
      {"shuffle_seed: 9", "seeds"},
      {"augmentation_seed: 9", "seeds"},
  };
  for (const auto& [more, part] : others) {
    const StreamIdentity other = Make(more);
    EXPECT_NE(other.fingerprint(), Make().fingerprint()) << more;
    EXPECT_THAT(other.ReadToken(token), HasReason(absl::StatusCode::kFailedPrecondition, "TOKEN_OF_OTHER_STREAM"));
    EXPECT_THAT(std::string(other.ReadToken(token).status().message()), HasSubstr(part)) << more;
  }
  const auto message = [&](const StreamSources& sources) {
    return std::string(Make("", sources).ReadToken(token).status().message());
  };
  StreamSources sources = kSources;
  sources.model_digest = "babe";
  EXPECT_THAT(message(sources), AllOf(HasSubstr("model version"), Not(HasSubstr("data set"))));
  sources = kSources;
  sources.dataset_version = "datasets/digits@2";
  EXPECT_THAT(message(sources), AllOf(HasSubstr("data set version"), Not(HasSubstr("model"))));
  sources = kSources;
  sources.judges = "models/judge@2 beef";
  EXPECT_THAT(message(sources), HasSubstr("judge"));
  sources.model_version = "models/digits@4";
  EXPECT_THAT(message(sources), AllOf(HasSubstr("model version"), HasSubstr("judge")));
}

TEST(StreamIdentityTest, AnyDamageIsRecognised) {
  const StreamIdentity identity = Make();
  const std::string token = identity.MakeToken({5, 123});
  for (size_t bit = 0; bit < 8 * token.size(); ++bit) {
    std::string damaged = token;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_THAT(identity.ReadToken(damaged), IsBadField("resume_token", "BAD_TOKEN")) << "bit " << bit;
  }
  for (size_t length = 0; length < token.size(); ++length) {
    EXPECT_THAT(identity.ReadToken(token.substr(0, length)), IsBadField("resume_token", "BAD_TOKEN"));
  }
  EXPECT_THAT(identity.ReadToken(token + "x"), IsBadField("resume_token", "BAD_TOKEN"));
  EXPECT_THAT(identity.ReadToken(token + token), IsBadField("resume_token", "BAD_TOKEN"));
  EXPECT_THAT(identity.ReadToken("no token at all"), IsBadField("resume_token", "BAD_TOKEN"));
}

}  // namespace
}  // namespace facet::model
