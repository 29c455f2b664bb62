// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_IDLE_CONNECTIONS_H_
#define FACET_TESTS_SERVER_RPC_FAKES_IDLE_CONNECTIONS_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace facet::server {

// Connections to `target`, `127.0.0.1:port`, that have said hello in HTTP/2 and
// been answered, and no more. Many are far cheaper than gRPC's channels.
class IdleConnections {
 public:
  // Whether this process may have so many, of which it has both ends.
  static bool Allowed(int count) {
    constexpr int kOtherFiles = 200;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur > static_cast<rlim_t>(2 * count + kOtherFiles);
  }

  IdleConnections(const std::string& target, int count) {
    const std::vector<std::string> parts = absl::StrSplit(target, ':');
    int port = 0;
    EXPECT_TRUE(parts.size() == 2 && absl::SimpleAtoi(parts[1], &port));
    for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) Connect(port);
  }
  ~IdleConnections() {
    for (const int fd : sockets_) close(fd);
  }

 private:
  void Connect(int port) {
    // The preface, then an empty frame of settings.
    constexpr absl::string_view kHello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x4\0\0\0\0\0", 24 + 9);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(fd, 0);
    sockets_.push_back(fd);
    ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(send(fd, kHello.data(), kHello.size(), 0), static_cast<ssize_t>(kHello.size()));
    char answer = 0;
    ASSERT_EQ(recv(fd, &answer, 1, 0), 1);
  }

  std::vector<int> sockets_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_IDLE_CONNECTIONS_H_
