// SPDX-License-Identifier: Apache-2.0
#include "model/data/gunzip.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/mutate.h"
#include "tests/base/status_is.h"
#include "tests/model/data/idx_builder.h"

namespace facet::model {
namespace {

using testing::HasSubstr;

// Well packed, but not to nothing.
std::string SomeText() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i);
  return text;
}

TEST(GunzipTest, UnpacksAll) {
  const std::string text = SomeText();
  EXPECT_TRUE(Gunzip(Gzip(text), text.size() + 1).value() == text);
  EXPECT_TRUE(Gunzip(Gzip(text), text.size()).value() == text);
  EXPECT_EQ(Gunzip(Gzip(""), 10).value(), "");
}

TEST(GunzipTest, KeepsNoMoreThanAskedFor) {
  EXPECT_EQ(Gunzip(Gzip("abcdef"), 3).value(), "abc");
  const std::string bomb = Gzip(std::string(100 << 20, '\0'));
  ASSERT_LT(bomb.size(), 200'000u);
  EXPECT_EQ(Gunzip(bomb, 1000).value().size(), 1000u);
}

TEST(GunzipTest, ReadsMembersOneAfterAnother) { EXPECT_EQ(Gunzip(Gzip("abc") + Gzip("def"), 10).value(), "abcdef"); }

TEST(GunzipTest, EveryPrefixIsCutOff) {
  const std::string packed = Gzip("hello, hello, hello");
  for (size_t length = 0; length < packed.size(); ++length) {
    EXPECT_THAT(Gunzip(packed.substr(0, length), 100),
                IsError(absl::StatusCode::kInvalidArgument, HasSubstr("cut off")))
        << length;
  }
}

TEST(GunzipTest, DamageAndWhatFollowsIsRefused) {
  std::string wrong_sum = Gzip("abc");
  wrong_sum[wrong_sum.size() - 8] = static_cast<char>(wrong_sum[wrong_sum.size() - 8] ^ 1);
  for (const std::string& packed : {wrong_sum, Gzip("abc") + "rubbish", std::string("no gzip at all")}) {
    EXPECT_THAT(Gunzip(packed, 100), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("damaged")));
  }
}

TEST(GunzipTest, RandomDamageIsBorne) {
  const std::string packed = Gzip(SomeText().substr(0, 2000));
  for (uint64_t round = 0; round < 10'000; ++round) {
    const auto text = Gunzip(Mutate(packed, round), 5000);
    if (text.ok()) {
      EXPECT_LE(text->size(), 5000u);
    } else {
      EXPECT_TRUE(absl::IsInvalidArgument(text.status()));
    }
  }
}

TEST(IsGzipTest, LooksAtTheFirstBytes) {
  EXPECT_TRUE(IsGzip(Gzip("")));
  EXPECT_FALSE(IsGzip(""));
  EXPECT_FALSE(IsGzip("\x1F"));
  EXPECT_FALSE(IsGzip(MakeIdx({1}, "x")));
}

}  // namespace
}  // namespace facet::model
