// SPDX-License-Identifier: Apache-2.0
// The program among others of a shell: pipes, files, completion.
#include <cstdio>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "tests/client/cli/facet_program.h"
#include "tests/end_to_end/server_process.h"

namespace facet {
namespace {

// What a program of the shell prints.
std::string Bash(const std::string& program) {
  FILE* pipe = popen(absl::StrCat("exec bash -c '", absl::StrReplaceAll(program, {{"'", "'\\''"}}), "'").c_str(), "r");
  std::string out;
  char buffer[4096];
  for (size_t got; (got = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) out.append(buffer, got);
  pclose(pipe);
  return out;
}

class ShellTest : public FacetProgramTest {
 protected:
  // `facet` with the server's address, for the shell.
  std::string Program() const { return absl::StrCat(ProgramPath("facet"), " --server ", server_.address(), " "); }
};

TEST_F(ShellTest, WhatCannotBeWrittenIsAFailure) {
  for (const char* words : {"models show digits", "--json models show digits", "--help"}) {
    EXPECT_EQ(Bash(absl::StrCat(Program(), words, " 2>&1 >/dev/full; echo $?")),
              "facet: cannot write to standard output: No space left on device\n1\n")
        << words;
  }
}

TEST_F(ShellTest, AReaderThatWantsNoMoreIsNone) {
  EXPECT_EQ(Bash(absl::StrCat(Program(), "models show digits 2>&1 | true; echo ${PIPESTATUS[0]}")), "0\n");
}

TEST_F(ShellTest, APictureThatIsCutOffIsNoFailure) {
  // Noise, which no encoder makes smaller: more than a pipe takes.
  server_.generation.render_stream = [](const v1::RenderStreamRequest&,
                                        grpc::ServerWriter<v1::RenderStreamResponse>* writer) {
    constexpr int kSide = 200;
    std::minstd_rand random(1);
    std::string pixels(size_t{3} * kSide * kSide, 0);
    for (char& pixel : pixels) pixel = static_cast<char>(random() >> 8);
    v1::RenderStreamResponse response;
    *response.add_images() = client::RawImages(kSide, kSide, pixels);
    writer->Write(response);
    return grpc::Status::OK;
  };
  const std::string render = absl::StrCat(Program(), "render --model digits --set digit=1 --out - 2>&1");
  EXPECT_EQ(Bash(absl::StrCat(render, " | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}")), "0\n");
  EXPECT_THAT(Bash(absl::StrCat(Program(), "render --model digits --set digit=1 --out - 2>&1 >/dev/full; echo $?")),
              "facet: cannot write to standard output: No space left on device\n1\n");
}

TEST_F(ShellTest, AFollowedLogEndsWithItsReader) {
  server_.training.log = [](const v1::ReadTrainingLogRequest& request, v1::ReadTrainingLogResponse* response) {
    // One line, then no more, of a job that goes on.
    if (request.offset() < 0) response->set_text("first\n");
    response->set_next_offset(6);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Bash(absl::StrCat(Program(), "jobs logs -f j | head -n 1; echo ${PIPESTATUS[0]}")), "first\n0\n");
}

TEST_F(ShellTest, BashCompletesCommandsAndOptions) {
  const std::string script = dir_.Write("completion", RunCommand({"facet", "completion", "bash"}).out);
  const auto complete = [&](const std::string& words) {
    const std::string program =
        absl::StrCat("source ", script, "; COMP_WORDS=(", words, "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); ",
                     "_facet; echo \"${COMPREPLY[@]}\"");
    return Bash(program);
  };
  EXPECT_EQ(complete("facet re"), "render\n");
  EXPECT_EQ(complete("facet models sh"), "show\n");
  EXPECT_EQ(complete("facet --server h:1 models sh"), "show\n");
  EXPECT_EQ(complete("facet render --model digits --ou"), "--out\n");
  EXPECT_EQ(complete("facet models show digits --rep"), "--report\n");
  EXPECT_EQ(complete("facet render --out pict"), "\n") << "files are the shell's";
}

}  // namespace
}  // namespace facet
