// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_HELD_LINK_H_
#define FACET_TESTS_SERVER_RPC_FAKES_HELD_LINK_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "base/thread.h"

namespace facet::server {

// A slow link to `target`, `127.0.0.1:port`: of what its one client sends, so
// many bytes arrive at once, and the rest after Release. What comes back is not
// held.
class HeldLink {
 public:
  HeldLink(const std::string& target, size_t bytes) : bytes_(bytes) {
    sockaddr_in there = Loopback(0);
    socklen_t size = sizeof(there);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&there), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&there), &size), 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(there.sin_port));
    const std::vector<std::string> parts = absl::StrSplit(target, ':');
    int port = 0;
    EXPECT_TRUE(parts.size() == 2 && absl::SimpleAtoi(parts[1], &port));
    there = Loopback(port);
    EXPECT_EQ(connect(server_, reinterpret_cast<sockaddr*>(&there), sizeof(there)), 0);
    up_.emplace("link-up", [this] { Run(); });
  }
  ~HeldLink() {
    if (!released_.HasBeenNotified()) Release();
    for (const int fd : {listener_, server_, client_.load()}) shutdown(fd, SHUT_RDWR);
    up_->Join();
    for (const int fd : {listener_, server_, client_.load()}) close(fd);
  }

  const std::string& address() const { return address_; }
  // Blocks until there is something to hold.
  void AwaitHeld() { held_.WaitForNotification(); }
  void Release() { released_.Notify(); }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void Run() {
    client_ = accept(listener_, nullptr, nullptr);
    if (client_ < 0) return;
    Thread down("link-down", [this] {
      Copy(server_, client_, 0);
      shutdown(client_, SHUT_WR);
    });
    Copy(client_, server_, bytes_);
    shutdown(server_, SHUT_WR);
    down.Join();
  }

  // `limit` 0: none.
  void Copy(int from, int to, size_t limit) {
    size_t passed = 0;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(from, buffer, sizeof(buffer))) > 0;) {
      for (ssize_t sent = 0; sent < got;) {
        if (limit > 0 && passed == limit) {
          if (!held_.HasBeenNotified()) held_.Notify();
          released_.WaitForNotification();
          limit = 0;
        }
        ssize_t part = got - sent;
        if (limit > 0) part = std::min(part, static_cast<ssize_t>(limit - passed));
        part = send(to, buffer + sent, part, MSG_NOSIGNAL);
        if (part <= 0) return;
        sent += part;
        passed += part;
      }
    }
  }

  const size_t bytes_;
  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int server_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::atomic<int> client_{-1};
  std::string address_;
  absl::Notification held_;
  absl::Notification released_;
  std::optional<Thread> up_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_HELD_LINK_H_
