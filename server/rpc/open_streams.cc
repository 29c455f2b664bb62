// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/open_streams.h"

#include <grpc/grpc.h>
#include <grpc/support/alloc.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"

namespace facet::server {
namespace {

using nlohmann::json;
using nlohmann::literals::operator""_json_pointer;

// `text` is gRPC's, of the messages in grpc/channelz/v1; an empty object where
// there is nothing.
json Take(char* text) {
  json parsed = json::object();
  if (text != nullptr) parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  gpr_free(text);
  return parsed.is_object() ? parsed : json::object();
}

// 64 bit are strings in JSON, and zero is left out.
int64_t Number(const json& object, const char* key) {
  int64_t number = 0;
  const auto entry = object.find(key);
  if (entry == object.end() || !entry->is_string()) return 0;
  return absl::SimpleAtoi(entry->get_ref<const std::string&>(), &number) ? number : 0;
}

// Goes through the pages of a list: `page` returns the one from an id on, and
// `id_of` what it lists under `key`.
std::vector<int64_t> ListIds(const char* key, const std::function<char*(int64_t)>& page,
                             const std::function<int64_t(const json&)>& id_of) {
  std::vector<int64_t> ids;
  while (true) {
    const json found = Take(page(ids.empty() ? 0 : ids.back() + 1));
    const json listed = found.value(key, json::array());
    for (const json& each : listed) ids.push_back(id_of(each));
    if (listed.empty() || found.value("end", false) /* there on the last page alone */) return ids;
  }
}

// Of all servers in this process; ids grow.
int64_t NewestServer() {
  const std::vector<int64_t> ids = ListIds(
      "server", [](int64_t from) { return grpc_channelz_get_servers(from); },
      [](const json& server) { return Number(server.value("ref", json::object()), "serverId"); });
  return ids.empty() ? 0 : ids.back();
}

// Open calls of one connection.
int CountOf(int64_t socket) {
  const json data = Take(grpc_channelz_get_socket(socket)).value("/socket/data"_json_pointer, json::object());
  return static_cast<int>(Number(data, "streamsStarted") - Number(data, "streamsSucceeded") -
                          Number(data, "streamsFailed"));
}

}  // namespace

OpenStreams OpenStreams::OfServerFrom(const std::function<void()>& start) {
  // gRPC does not say which server is which: the one that comes while no other
  // does.
  static absl::Mutex mutex(absl::kConstInit);
  absl::MutexLock lock(&mutex);
  const int64_t before = NewestServer();
  start();
  const int64_t newest = NewestServer();
  return OpenStreams(newest > before ? newest : 0);
}

std::map<int64_t, int> OpenStreams::Count() const {
  std::map<int64_t, int> counts;
  if (server_ == 0) return counts;
  const std::vector<int64_t> sockets = ListIds(
      "socketRef", [this](int64_t from) { return grpc_channelz_get_server_sockets(server_, from, /*max_results=*/0); },
      [](const json& socket) { return Number(socket, "socketId"); });
  for (const int64_t socket : sockets) {
    const int count = CountOf(socket);
    if (count > 0) counts[socket] = count;
  }
  return counts;
}

}  // namespace facet::server
