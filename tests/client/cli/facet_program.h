// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_CLIENT_CLI_FACET_PROGRAM_H_
#define FACET_TESTS_CLIENT_CLI_FACET_PROGRAM_H_

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/base/temp_dir.h"
#include "tests/client/fake_server.h"
#include "tests/end_to_end/command.h"

namespace facet {

// The program `facet` against a server whose answers a test writes: what it
// asks, prints and ends with. tests/end_to_end has it against a real one.
class FacetProgramTest : public testing::Test {
 protected:
  FacetProgramTest() {
    v1::Feature& digit = *model_.mutable_card()->mutable_schema()->add_features();
    digit.set_name("digit");
    for (const char* name : {"0", "1", "2"}) digit.add_classes(name);
    model_.set_name("models/digits@3");
    server_.models.get = [this](const v1::GetModelRequest&, v1::ModelVersion* model) {
      *model = model_;
      return grpc::Status::OK;
    };
    server_.generation.render_stream = client::RenderSmallImages;
  }

  CommandResult Facet(std::vector<std::string> words) {
    words.insert(words.begin(), {"facet", "--server", server_.address()});
    return RunCommand(std::move(words), {"TERM=dumb"});
  }
  // A command that must succeed.
  std::string Out(std::vector<std::string> words) {
    const CommandResult result = Facet(std::move(words));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  client::FakeServer server_;
  v1::ModelVersion model_;
  TempDir dir_;
};

}  // namespace facet

#endif  // FACET_TESTS_CLIENT_CLI_FACET_PROGRAM_H_
