// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/tiny_service.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"

namespace facet {
namespace {

[[noreturn]] void GiveUp(const std::string& what) {
  std::cerr << what << std::endl;
  std::abort();
}

}  // namespace

std::string TestFile(const std::string& name) {
  return absl::StrCat(std::getenv("FACET_SOURCE_DIR"), "/tests/end_to_end/", name);
}

TinyService::TinyService(std::vector<std::string> server_flags) : flags_(std::move(server_flags)) {
  Start();
  const CommandResult import = Facet({"dataset", "import", "tiny", "--bundled", "digits", "--per-digit", "2"});
  if (import.exit_code != 0) GiveUp(import.err);
}

void TinyService::Start() {
  auto server = ServerProcess::Start(state_dir(), flags_);
  if (!server.ok()) GiveUp(server.status().ToString());
  server_ = *std::move(server);
}

void TinyService::Restart() {
  server_.reset();
  Start();
}

CommandResult TinyService::Facet(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "facet");
  return RunCommand(std::move(arguments), {absl::StrCat("FACET_SERVER=", server_->address())});
}

CommandResult TinyService::Train(const std::string& id, std::vector<std::string> more) const {
  std::vector<std::string> arguments = {"train", "--dataset", "tiny", "--preset-file", TestFile("tiny.textproto"),
                                        "--id",  id};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Facet(std::move(arguments));
}

std::unique_ptr<client::Client> TinyService::Connect() const {
  client::ClientOptions options;
  options.address = server_->address();
  auto client = client::Client::Create(options);
  if (!client.ok()) GiveUp(client.status().ToString());
  return *std::move(client);
}

}  // namespace facet
