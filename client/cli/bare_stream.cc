// SPDX-License-Identifier: Apache-2.0
#include "client/cli/bare_stream.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/names.h"
#include "base/status_macros.h"

namespace facet::cli {
namespace {

constexpr int kAddressDescriptor = 3;

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// Writes one message for as long as the client reads.
class Repeater final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Repeater(const grpc::ByteBuffer* message) : message_(message) { StartRead(&start_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartWrite(message_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartWrite(message_);
  }
  void OnDone() override { delete this; }

 private:
  const grpc::ByteBuffer* const message_;
  grpc::ByteBuffer start_;
};

class RepeatingService final : public grpc::CallbackGenericService {
 public:
  explicit RepeatingService(const std::string& message) : message_(ToBuffer(message)) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new Repeater(&message_);
  }

 private:
  const grpc::ByteBuffer message_;
};

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

class GenericCall final : public RawCall {
 public:
  GenericCall(const std::string& address, const std::string& method) : stub_(Connect(address)) {
    call_ = stub_.PrepareCall(&context_, method, &queue_);
    call_->StartCall(nullptr);
    started_ = Await();
  }
  ~GenericCall() override {
    context_.TryCancel();
    grpc::Status status;
    call_->Finish(&status, nullptr);
    Await();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Write(const std::string& bytes) {
    if (!started_) return false;
    call_->Write(ToBuffer(bytes), nullptr);
    return Await();
  }
  bool Read(std::string* message) override {
    buffer_.Clear();
    call_->Read(&buffer_, nullptr);
    if (!Await()) return false;
    if (message != nullptr) *message = ToString(buffer_);
    return true;
  }
  size_t size() const override { return buffer_.Length(); }

 private:
  static std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::ByteBuffer buffer_;
  bool started_ = false;
};

}  // namespace

absl::Status ServeBareStream(const std::string& listen, const std::string& message_path) {
  ASSIGN_OR_RETURN(const std::string message, FileSystem::Posix()->ReadFile(message_path));
  RepeatingService service(message);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::UnavailableError(absl::StrCat("cannot listen on ", listen));
  const bool local = absl::StartsWith(listen, "unix:");
  const std::string address = local ? listen : absl::StrCat(listen.substr(0, listen.rfind(':')), ":", port);
  if (write(kAddressDescriptor, address.data(), address.size()) < 0) return absl::InternalError("nobody listens");
  close(kAddressDescriptor);
  server->Wait();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<BareServer>> BareServer::Start(const std::string& listen, const std::string& message) {
  auto server = std::unique_ptr<BareServer>(new BareServer);
  server->message_path_ = absl::StrCat("/tmp/facet-bench-", RandomHexId());
  RETURN_IF_ERROR(FileSystem::Posix()->WriteFileAtomically(server->message_path_, message));
  ProcessOptions options;
  options.argv = {"/proc/self/exe", "bench", "bare-stream", "--listen", listen, "--message", server->message_path_};
  options.event_pipe = true;
  ASSIGN_OR_RETURN(server->process_, ProcessLauncher::Posix()->Launch(options));
  char buffer[256];
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, server->process_->ReadEvents(buffer, sizeof(buffer)));
    if (count == 0) break;
    server->address_.append(buffer, count);
  }
  if (!server->address_.empty()) return server;
  return absl::UnavailableError(absl::StrCat("the bare server did not start on ", listen));
}

BareServer::~BareServer() {
  process_.reset();
  FileSystem::Posix()->RemoveAll(message_path_).IgnoreError();
  const std::string address = address_;
  if (absl::StartsWith(address, "unix:")) FileSystem::Posix()->RemoveAll(address.substr(5)).IgnoreError();
}

absl::StatusOr<std::unique_ptr<RawCall>> RawCall::Open(const std::string& address, const std::string& method,
                                                       const std::string& start) {
  auto call = std::make_unique<GenericCall>(address, method);
  if (call->Write(start)) return call;
  return absl::UnavailableError(absl::StrCat("cannot open a stream at ", address));
}

absl::StatusOr<StreamRate> ReadBareStream(const std::string& address, const std::string& method,
                                          const std::string& start, absl::Duration length, std::string* first) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RawCall> call, RawCall::Open(address, method, start));
  if (!call->Read(first)) return absl::UnavailableError(absl::StrCat("no stream came from ", address));
  StreamRate rate;
  const absl::Time begin = Clock::Steady()->Now();
  absl::Time now = begin;
  while (now < begin + length) {
    if (!call->Read(nullptr)) return absl::UnavailableError(absl::StrCat("the stream from ", address, " broke"));
    ++rate.messages;
    rate.bytes += static_cast<int64_t>(call->size());
    now = Clock::Steady()->Now();
  }
  rate.seconds = absl::ToDoubleSeconds(now - begin);
  return rate;
}

}  // namespace facet::cli
