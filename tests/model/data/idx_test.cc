// SPDX-License-Identifier: Apache-2.0
#include "model/data/idx.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/mutate.h"
#include "tests/base/status_is.h"
#include "tests/model/data/idx_builder.h"

namespace facet::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

auto Refused(const std::string& says) { return IsError(absl::StatusCode::kInvalidArgument, HasSubstr(says)); }

TEST(ParseIdxTest, ReadsPlainAndGzip) {
  const std::string file = MakeIdx({2, 1, 3}, "abcdef");
  EXPECT_EQ(file.substr(0, 8), std::string("\0\0\x08\x03\0\0\0\x02", 8));
  for (const std::string& form : {file, Gzip(file)}) {
    const auto array = ParseIdx(form, 3);
    ASSERT_THAT(array, IsOk());
    EXPECT_THAT(array->lengths, ElementsAre(2, 1, 3));
    EXPECT_EQ(array->values, "abcdef");
  }
}

TEST(ParseIdxTest, NamesWrongMagicNumbers) {
  EXPECT_THAT(ParseIdx(MakeIdx({6}, "abcdef"), 3), Refused("the magic number is 0x00000801, not 0x00000803"));
  EXPECT_THAT(ParseIdx(MakeIdx({2, 1, 3}, "abcdef", 9), 3), Refused("0x00000903"));
  EXPECT_THAT(ParseIdx("\x89PNG and more bytes of it", 3), Refused("0x89504e47"));
  EXPECT_THAT(ParseIdx(Gzip("hello, this is a text"), 1), Refused("magic number"));
}

TEST(ParseIdxTest, EveryPrefixIsCutOff) {
  const std::string file = MakeIdx({2, 1, 3}, "abcdef");
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_THAT(ParseIdx(file.substr(0, length), 3), Refused("cut off")) << length;
    EXPECT_THAT(ParseIdx(Gzip(file.substr(0, length)), 3), Refused("cut off")) << length;
  }
  EXPECT_THAT(ParseIdx(file.substr(0, 20), 3), Refused("4 bytes of values, where the header says 6"));
}

TEST(ParseIdxTest, BytesBehindAreRefused) {
  const std::string file = MakeIdx({3}, "abcd");
  EXPECT_THAT(ParseIdx(file, 1), Refused("bytes follow the 3 values"));
  EXPECT_THAT(ParseIdx(Gzip(file), 1), Refused("bytes follow the 3 values"));
}

TEST(ParseIdxTest, HugeAndEmptyAxesAreRefusedBeforeMemoryIsSpent) {
  EXPECT_THAT(ParseIdx(MakeIdx({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, ""), 3), Refused("over 1073741824 bytes"));
  EXPECT_THAT(ParseIdx(MakeIdx({1u << 31}, ""), 1), Refused("over"));
  EXPECT_THAT(ParseIdx(MakeIdx({65536, 65536}, ""), 2), Refused("over"));
  EXPECT_THAT(ParseIdx(MakeIdx({0}, ""), 1), Refused("axis 0 is 0"));
  EXPECT_THAT(ParseIdx(MakeIdx({5, 0, 28}, ""), 3), Refused("axis 1 is 0"));
}

TEST(ParseIdxTest, AnyDamageGivesAWholeArrayOrAnError) {
  const std::string plain = MakeIdx({3, 4, 4}, std::string(48, 'x'));
  for (const std::string& file : {plain, Gzip(plain)}) {
    for (uint64_t round = 0; round < 10'000; ++round) {
      const auto array = ParseIdx(Mutate(file, round), 3);
      if (array.ok()) {
        EXPECT_EQ(static_cast<int64_t>(array->values.size()),
                  array->lengths[0] * array->lengths[1] * array->lengths[2]);
      } else {
        EXPECT_TRUE(absl::IsInvalidArgument(array.status()));
      }
    }
  }
}

}  // namespace
}  // namespace facet::model
