// SPDX-License-Identifier: Apache-2.0
#include "server/core/config/listen_address.h"

#include <sys/un.h>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/error.h"

namespace facet::server {
namespace {

absl::Status BadAddress(absl::string_view text, absl::string_view why) {
  return InvalidField(
      "", "INVALID_ADDRESS",
      absl::StrCat("'", text, "' is no address to listen on: ", why,
                   "; good ones are '127.0.0.1:8470', '[::1]:8470', '0.0.0.0:0' and 'unix:/run/facet.sock'"));
}

absl::StatusOr<ListenAddress> ParseUnix(absl::string_view text, absl::string_view path) {
  if (path.empty()) return BadAddress(text, "the path of the socket file is missing");
  // The kernel keeps the path in a fixed array, with a 0 at its end.
  constexpr size_t kMaxPath = sizeof(sockaddr_un{}.sun_path) - 1;
  if (path.size() > kMaxPath) {
    return BadAddress(text, absl::StrCat("a socket file's path has at most ", kMaxPath, " bytes"));
  }
  ListenAddress address;
  address.path = std::string(path);
  return address;
}

bool IsPort(absl::string_view text, int& port) {
  if (text.empty() || text.size() > 5) return false;
  for (char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return absl::SimpleAtoi(text, &port) && port <= 65535;
}

}  // namespace

std::string ListenAddress::ToString() const {
  if (is_unix()) return absl::StrCat("unix:", path);
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  for (char c : text) {
    if (absl::ascii_isspace(c) || absl::ascii_iscntrl(c)) return BadAddress(text, "it has a space in it");
  }
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "unix:")) return ParseUnix(text, rest);
  const size_t colon = rest.rfind(':');
  if (colon == absl::string_view::npos) return BadAddress(text, "the port is missing");
  ListenAddress address;
  if (!IsPort(rest.substr(colon + 1), address.port)) {
    return BadAddress(text, "the port must be a number from 0 to 65535");
  }
  absl::string_view host = rest.substr(0, colon);
  const bool in_brackets = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  if (host.empty()) return BadAddress(text, "the host is missing");
  const bool has_colon = host.find(':') != absl::string_view::npos;
  if (has_colon != in_brackets || host.find_first_of("[]/") != absl::string_view::npos) {
    return BadAddress(text, "the host is a name, an IPv4 address, or an IPv6 address in brackets");
  }
  address.host = std::string(host);
  return address;
}

}  // namespace facet::server
