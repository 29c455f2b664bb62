// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/listening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/error.h"
#include "base/names.h"

namespace facet::server {
namespace {

using ::testing::HasSubstr;

ListenAddress Address(const std::string& text) { return *ParseListenAddress(text); }

// A listening TCP socket on a free port of the loopback interface.
class Listener {
 public:
  Listener() : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(name);
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&name), length), 0);
    EXPECT_EQ(listen(descriptor_, 1), 0);
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&name), &length), 0);
    port_ = ntohs(name.sin_port);
  }
  ~Listener() { close(descriptor_); }
  int port() const { return port_; }

 private:
  const int descriptor_;
  int port_ = 0;
};

TEST(ListeningTest, FreePortIsFine) {
  EXPECT_TRUE(CheckCanListen(Address("127.0.0.1:0")).ok());
  EXPECT_TRUE(CheckCanListen(Address("localhost:0")).ok());
}

TEST(ListeningTest, PortInUseIsUnavailableWithTheAddress) {
  Listener other;
  const std::string address = "127.0.0.1:" + std::to_string(other.port());
  const absl::Status status = CheckCanListen(Address(address));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorDetail(status).reason, "ADDRESS_IN_USE");
  EXPECT_THAT(std::string(status.message()), HasSubstr(address));
}

TEST(ListeningTest, InterfaceThatIsNotHereIsInvalid) {
  const absl::Status status = CheckCanListen(Address("192.0.2.1:8470"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("192.0.2.1:8470"));
}

class UnixListeningTest : public ::testing::Test {
 protected:
  UnixListeningTest() : path_("/tmp/facet-" + RandomHexId()) {}
  ~UnixListeningTest() override { unlink(path_.c_str()); }
  bool Exists() const {
    struct stat info;
    return lstat(path_.c_str(), &info) == 0;
  }
  // Binds the path; listens if asked to.
  int Bind(bool listening, int type = SOCK_STREAM) {
    const int descriptor = socket(AF_UNIX, type, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path_.c_str(), sizeof(name.sun_path) - 1);
    EXPECT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    if (listening) {
      EXPECT_EQ(listen(descriptor, 1), 0);
    }
    return descriptor;
  }
  const std::string path_;
};

TEST_F(UnixListeningTest, NewPathIsFineAndLeftAlone) {
  EXPECT_TRUE(CheckCanListen(Address("unix:" + path_)).ok());
  EXPECT_FALSE(Exists());
}

TEST_F(UnixListeningTest, SocketThatIsListenedOnIsInUse) {
  const int descriptor = Bind(true);
  const absl::Status status = CheckCanListen(Address("unix:" + path_));
  EXPECT_EQ(GetErrorDetail(status).reason, "ADDRESS_IN_USE");
  EXPECT_TRUE(Exists());
  close(descriptor);
}

TEST_F(UnixListeningTest, SocketThatADeadServerLeftIsTakenOver) {
  close(Bind(true));
  ASSERT_TRUE(Exists());
  EXPECT_TRUE(CheckCanListen(Address("unix:" + path_)).ok());
}

TEST_F(UnixListeningTest, SocketOfABusyServerIsInUse) {
  const int descriptor = Bind(true);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path_.c_str(), sizeof(name.sun_path) - 1);
  // Clients that it has not accepted, until no more may wait.
  std::vector<int> waiting;
  int error = 0;
  while (error == 0) {
    waiting.push_back(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    error = connect(waiting.back(), reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0 ? 0 : errno;
  }
  ASSERT_EQ(error, EAGAIN);
  EXPECT_EQ(GetErrorDetail(CheckCanListen(Address("unix:" + path_))).reason, "ADDRESS_IN_USE");
  EXPECT_TRUE(Exists());
  for (const int client : waiting) close(client);
  close(descriptor);
}

TEST_F(UnixListeningTest, SocketOfAnotherKindIsNeverTouched) {
  const int descriptor = Bind(false, SOCK_DGRAM);
  EXPECT_FALSE(CheckCanListen(Address("unix:" + path_)).ok());
  EXPECT_TRUE(Exists());
  close(descriptor);
}

TEST_F(UnixListeningTest, OrdinaryFileIsNeverTouched) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(CheckCanListen(Address("unix:" + path_)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Exists());
}

TEST_F(UnixListeningTest, MissingFolderIsRefused) {
  EXPECT_FALSE(CheckCanListen(Address("unix:/nowhere/at/all/facet.sock")).ok());
}

}  // namespace
}  // namespace facet::server
