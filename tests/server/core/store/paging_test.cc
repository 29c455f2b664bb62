// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/paging.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace facet::server {
namespace {

TEST(PagingTest, SizesAreBounded) {
  EXPECT_EQ(MakePageRequest(0, "")->limit, 100);
  EXPECT_EQ(MakePageRequest(7, "x")->limit, 7);
  EXPECT_EQ(MakePageRequest(7, "x")->after, "x");
  EXPECT_EQ(MakePageRequest(1'000'000, "")->limit, 1000);
  EXPECT_EQ(GetErrorDetail(MakePageRequest(-1, "").status()).field, "page_size");
}

}  // namespace
}  // namespace facet::server
