// SPDX-License-Identifier: Apache-2.0
#include "server/core/config/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facet::server {
namespace {

using ::testing::HasSubstr;

TEST(ListenAddressTest, TakesHostAndPort) {
  auto address = ParseListenAddress("0.0.0.0:8470");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->host, "0.0.0.0");
  EXPECT_EQ(address->port, 8470);
  EXPECT_FALSE(address->is_unix());
  EXPECT_EQ(address->ToString(), "0.0.0.0:8470");
}

TEST(ListenAddressTest, TakesIpv6InBracketsOnly) {
  auto address = ParseListenAddress("[::1]:0");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->ToString(), "[::1]:0");
  EXPECT_FALSE(ParseListenAddress("::1:8470").ok());
  EXPECT_FALSE(ParseListenAddress("[localhost]:1").ok());
}

TEST(ListenAddressTest, TakesSocketFile) {
  auto address = ParseListenAddress("unix:/run/facet.sock");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_TRUE(address->is_unix());
  EXPECT_EQ(address->path, "/run/facet.sock");
  EXPECT_EQ(address->ToString(), "unix:/run/facet.sock");
}

TEST(ListenAddressTest, RefusesSocketPathThatTheKernelWouldCut) {
  EXPECT_TRUE(ParseListenAddress("unix:/" + std::string(106, 'a')).ok());
  EXPECT_FALSE(ParseListenAddress("unix:/" + std::string(107, 'a')).ok());
}

TEST(ListenAddressTest, SaysWhatIsWrongAndWhatIsGood) {
  for (const char* bad : {"", "8470", "localhost", ":8470", "localhost:", "localhost:-1", "localhost:65536",
                          "localhost:123456789", "localhost:80x", "a b:80", "unix:", "http://x:80", "[]:80"}) {
    auto address = ParseListenAddress(bad);
    ASSERT_FALSE(address.ok()) << bad;
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetErrorDetail(address.status()).reason, "INVALID_ADDRESS");
    EXPECT_THAT(std::string(address.status().message()), HasSubstr("127.0.0.1:8470"));
  }
}

}  // namespace
}  // namespace facet::server
