// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/paging.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace facet::server {
namespace {

TEST(PagingTest, SizesAreBounded) {
  EXPECT_EQ(MakePageRequest(0, "", "models/")->limit, 100);
  EXPECT_EQ(MakePageRequest(7, "", "models/")->limit, 7);
  EXPECT_EQ(MakePageRequest(1'000'000, "", "models/")->limit, 1000);
  EXPECT_EQ(GetErrorDetail(MakePageRequest(-1, "", "models/").status()).field, "page_size");
}

TEST(PagingTest, TokensLeadBackToTheirKeyAtAnyPageSize) {
  for (const std::string key : {"a-b@12", "7"}) {
    const std::string token = MakePageToken(key, "models/");
    EXPECT_EQ(MakePageRequest(0, token, "models/")->after, key);
    EXPECT_EQ(MakePageRequest(7, token, "models/")->after, key);
  }
  EXPECT_EQ(MakePageToken("", "models/"), "") << "the last page";
  EXPECT_EQ(MakePageRequest(7, "", "models/")->after, "");
}

TEST(PagingTest, TokensOfAnotherListingAndMadeUpOnesAreRefused) {
  const std::string token = MakePageToken("a@12", "models/");
  std::vector<std::string> bad = {"a@12",
                                  "a@12.",
                                  ".",
                                  token + "0",
                                  "b" + token,
                                  token.substr(0, token.size() - 1),
                                  ".00000000",
                                  std::string("\0", 1),
                                  MakePageToken("a@12", "models/a"),
                                  MakePageToken("a@12", "datasets/")};
  for (const std::string& other : bad) {
    const absl::Status status = MakePageRequest(0, other, "models/").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << other;
    EXPECT_EQ(GetErrorDetail(status).field, "page_token") << other;
    EXPECT_EQ(GetErrorDetail(status).reason, "BAD_PAGE_TOKEN") << other;
  }
}

}  // namespace
}  // namespace facet::server
