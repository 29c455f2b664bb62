// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/listening.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::server {
namespace {

class Socket {
 public:
  explicit Socket(int family, int flags = 0) : descriptor_(socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

absl::Status CannotListen(const ListenAddress& address, int error) {
  const std::string message = absl::StrCat("cannot listen on ", address.ToString(), ": ", std::strerror(error));
  switch (error) {
    case EADDRINUSE:
      return WithReason(absl::UnavailableError(absl::StrCat(message, "; is another server running there?")),
                        "ADDRESS_IN_USE");
    case EACCES:
    case EPERM:
    case EROFS:
      return WithReason(absl::PermissionDeniedError(message), "ADDRESS_DENIED");
    default:
      return InvalidField("", "INVALID_ADDRESS", message);
  }
}

absl::Status CheckUnix(const ListenAddress& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, address.path.c_str(), sizeof(name.sun_path) - 1);
  struct stat info;
  if (lstat(address.path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) {
      return InvalidField("", "INVALID_ADDRESS",
                          absl::StrCat("cannot listen on ", address.ToString(), ": the file is no socket"));
    }
    // Not blocking: a server that does not keep up with its clients is alive.
    Socket probe(AF_UNIX, SOCK_NONBLOCK);
    const int refused = connect(probe.descriptor(), reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0 ? 0 : errno;
    if (refused == 0 || refused == EAGAIN) return CannotListen(address, EADDRINUSE);
    // Whatever else stands in the way may be somebody's.
    if (refused != ECONNREFUSED) return CannotListen(address, refused);
    unlink(address.path.c_str());  // what a server that died has left
  }
  Socket probe(AF_UNIX);
  if (bind(probe.descriptor(), reinterpret_cast<sockaddr*>(&name), sizeof(name)) != 0) {
    return CannotListen(address, errno);
  }
  unlink(address.path.c_str());
  return absl::OkStatus();
}

// 0 or errno.
int TryBind(const addrinfo& candidate) {
  Socket probe(candidate.ai_family);
  if (probe.descriptor() < 0) return errno;
  const int on = 1;  // as gRPC does: a port whose connections linger is free
  setsockopt(probe.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(probe.descriptor(), candidate.ai_addr, candidate.ai_addrlen) != 0) return errno;
  return listen(probe.descriptor(), 1) == 0 ? 0 : errno;
}

absl::Status CheckTcp(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return InvalidField("", "INVALID_ADDRESS",
                        absl::StrCat("cannot listen on ", address.ToString(), ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  int first_error = 0;
  for (const addrinfo* candidate = found; candidate != nullptr; candidate = candidate->ai_next) {
    const int failed = TryBind(*candidate);
    if (failed == EADDRINUSE) return CannotListen(address, failed);
    // "localhost" may have an IPv6 address where there is no IPv6: one will do.
    if (failed == 0) return absl::OkStatus();
    if (first_error == 0) first_error = failed;
  }
  return CannotListen(address, first_error);
}

}  // namespace

absl::Status CheckCanListen(const ListenAddress& address) {
  return address.is_unix() ? CheckUnix(address) : CheckTcp(address);
}

}  // namespace facet::server
