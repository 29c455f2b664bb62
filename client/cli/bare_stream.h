// SPDX-License-Identifier: Apache-2.0
// The least that a gRPC stream can be: a server that sends one message again
// and again, and a reader that throws messages away. What Facet's own streams
// are measured against.
#ifndef FACET_CLIENT_CLI_BARE_STREAM_H_
#define FACET_CLIENT_CLI_BARE_STREAM_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/process.h"

namespace facet::cli {

// Serves until it is killed: answers every call with the bytes of the file
// `message_path`, without end. Writes the address it listens on, a port that
// was found in it, to descriptor 3.
absl::Status ServeBareStream(const std::string& listen, const std::string& message_path);

// The same in a process of its own, which ends with this.
class BareServer {
 public:
  // `listen`: "127.0.0.1:0" or "unix:/path". Blocks until it listens.
  static absl::StatusOr<std::unique_ptr<BareServer>> Start(const std::string& listen, const std::string& message);
  ~BareServer();
  const std::string& address() const { return address_; }

 private:
  BareServer() = default;
  std::string message_path_;
  std::string address_;
  std::unique_ptr<Process> process_;
};

// A call of which nothing is parsed, an operation at a time. Not thread-safe.
class RawCall {
 public:
  // Opens `method` ("/package.Service/Method") and sends `start`.
  static absl::StatusOr<std::unique_ptr<RawCall>> Open(const std::string& address, const std::string& method,
                                                       const std::string& start);
  virtual ~RawCall() = default;
  // Blocks for a message; false where none comes any more. `message` may be
  // null.
  virtual bool Read(std::string* message) = 0;
  // Bytes of the message read last.
  virtual size_t size() const = 0;
};

// Messages and bytes of a stream in a stretch of time.
struct StreamRate {
  double seconds = 0;
  int64_t messages = 0;
  int64_t bytes = 0;
  double bytes_per_second() const { return static_cast<double>(bytes) / seconds; }
};

// Reads a RawCall for `length` after the first message. `first`, if not null,
// gets the bytes of the first message.
absl::StatusOr<StreamRate> ReadBareStream(const std::string& address, const std::string& method,
                                          const std::string& start, absl::Duration length, std::string* first);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_BARE_STREAM_H_
