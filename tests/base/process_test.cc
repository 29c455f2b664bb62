// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/names.h"
#include "base/thread.h"

namespace facet {
namespace {

using testing::HasSubstr;

ProcessOptions Shell(const std::string& script) {
  ProcessOptions options;
  options.argv = {"/bin/sh", "-c", script};
  return options;
}

std::unique_ptr<Process> Launch(const ProcessOptions& options) {
  auto process = ProcessLauncher::Posix()->Launch(options);
  EXPECT_TRUE(process.ok()) << process.status();
  return process.ok() ? *std::move(process) : nullptr;
}

std::string ReadAllEvents(Process& process) {
  std::string all;
  char buffer[64];
  while (true) {
    auto got = process.ReadEvents(buffer, sizeof(buffer));
    EXPECT_TRUE(got.ok()) << got.status();
    if (!got.ok() || *got == 0) return all;
    all.append(buffer, *got);
  }
}

// Blocks until there are `size` bytes, or the end.
std::string ReadUpTo(int fd, size_t size) {
  std::string all;
  char byte;
  while (all.size() < size && read(fd, &byte, 1) == 1) all += byte;
  return all;
}

std::string Temporary(const std::string& name) {
  return absl::StrCat(testing::TempDir(), "/", name, "-", RandomHexId());
}

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A named pipe whose reading ends when the last process that writes has gone.
class Fifo {
 public:
  Fifo() : path_(Temporary("fifo")) {
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    reader_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    writer_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);  // until the process under test has come
    fcntl(reader_, F_SETFL, 0);
  }
  ~Fifo() {
    close(reader_);
    if (writer_ >= 0) close(writer_);
    unlink(path_.c_str());
  }

  const std::string& path() const { return path_; }
  // Blocks until the writer has said `text`.
  void Expect(const std::string& text) {
    ASSERT_EQ(ReadUpTo(reader_, text.size()), text);
    close(std::exchange(writer_, -1));
  }
  // Blocks until there is no writer any more.
  void ExpectEnd() { EXPECT_EQ(ReadUpTo(reader_, 1), ""); }

 private:
  std::string path_;
  int reader_;
  int writer_;
};

TEST(ProcessTest, TellsTheExitCode) {
  EXPECT_TRUE(Launch(Shell("exit 0"))->Wait().ok());
  auto process = Launch(Shell("exit 7"));
  EXPECT_EQ(process->Wait().exit_code, 7);
  EXPECT_EQ(process->Wait().exit_code, 7);
  EXPECT_EQ(process->Wait().signal, 0);
}

TEST(ProcessTest, TellsTheSignal) {
  const ProcessExit exit = Launch(Shell("kill -SEGV $$"))->Wait();
  EXPECT_EQ(exit.signal, SIGSEGV);
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_FALSE(exit.ok());
}

TEST(ProcessTest, EventsArriveInOrderUntilTheEnd) {
  ProcessOptions options = Shell("printf one >&3; printf two >&3");
  options.event_pipe = true;
  auto process = Launch(options);
  EXPECT_EQ(ReadAllEvents(*process), "onetwo");
  EXPECT_TRUE(process->Wait().ok());
}

TEST(ProcessTest, EventsEndWhenTheProcessIsKilled) {
  ProcessOptions options = Shell("printf ready >&3; exec sleep 1000");
  options.event_pipe = true;
  auto process = Launch(options);
  char buffer[16];
  ASSERT_TRUE(process->ReadEvents(buffer, sizeof(buffer)).ok());
  process->Signal(SIGKILL);
  EXPECT_EQ(ReadAllEvents(*process), "");
  EXPECT_EQ(process->Wait().signal, SIGKILL);
}

TEST(ProcessTest, WithoutAPipeThereAreNoEvents) {
  auto process = Launch(Shell("echo x >&3"));
  EXPECT_EQ(ReadAllEvents(*process), "");
  EXPECT_NE(process->Wait().exit_code, 0);
}

TEST(ProcessTest, OutputIsAppendedToTheLog) {
  const std::string log = Temporary("log");
  ProcessOptions options = Shell("echo out; echo err >&2");
  options.log_path = log;
  Launch(options)->Wait();
  Launch(options)->Wait();
  EXPECT_EQ(Contents(log), "out\nerr\nout\nerr\n");
  unlink(log.c_str());
}

TEST(ProcessTest, EnvironmentComesOnTopOfTheParents) {
  setenv("FACET_TEST_KEPT", "kept", 1);
  setenv("FACET_TEST_HIDDEN", "old", 1);
  ProcessOptions options = Shell("printf $FACET_TEST_KEPT,$FACET_TEST_HIDDEN,$FACET_TEST_NEW >&3");
  options.event_pipe = true;
  options.environment = {"FACET_TEST_HIDDEN=new", "FACET_TEST_NEW=1"};
  EXPECT_EQ(ReadAllEvents(*Launch(options)), "kept,new,1");
}

TEST(ProcessTest, ChildGetsDescriptorsZeroToThreeOnly) {
  // Not close-on-exec, one on each side of the descriptors that a launch uses.
  const int null = open("/dev/null", O_RDONLY);
  ASSERT_EQ(dup2(null, 9), 9);
  ASSERT_EQ(dup2(null, 200), 200);
  ProcessOptions options = Shell("for f in 0 1 2 3 9 200; do [ -e /proc/$$/fd/$f ] && printf \"$f \" >&3; done");
  options.event_pipe = true;
  EXPECT_EQ(ReadAllEvents(*Launch(options)), "0 1 2 3 ");
  for (const int fd : {null, 9, 200}) close(fd);
}

TEST(ProcessTest, InputIsEmpty) { EXPECT_EQ(Launch(Shell("read line; exit $?"))->Wait().exit_code, 1); }

TEST(ProcessTest, ChildGetsDefaultSignals) {
  const auto before = signal(SIGTERM, SIG_IGN);
  sigset_t blocked;
  sigset_t old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &old);
  EXPECT_EQ(Launch(Shell("kill -TERM $$; exit 3"))->Wait().signal, SIGTERM);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  signal(SIGTERM, before);
}

TEST(ProcessTest, MissingProgramIsNotFound) {
  ProcessOptions options;
  options.argv = {"/nowhere/facet-trainer"};
  const absl::Status status = ProcessLauncher::Posix()->Launch(options).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/facet-trainer"));
}

TEST(ProcessTest, FileThatIsNoProgramIsPermissionDenied) {
  const std::string path = Temporary("text");
  std::ofstream(path) << "text";
  ProcessOptions options;
  options.argv = {path};
  EXPECT_TRUE(absl::IsPermissionDenied(ProcessLauncher::Posix()->Launch(options).status()));
  unlink(path.c_str());
}

TEST(ProcessTest, NoProgramIsInvalid) {
  EXPECT_TRUE(absl::IsInvalidArgument(ProcessLauncher::Posix()->Launch({}).status()));
}

TEST(ProcessTest, LogThatCannotBeOpenedIsSaid) {
  ProcessOptions options = Shell("exit 0");
  options.log_path = "/nowhere/log";
  const absl::Status status = ProcessLauncher::Posix()->Launch(options).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/log"));
}

TEST(ProcessTest, FailedLaunchLeavesNoZombie) {
  ProcessOptions options;
  options.argv = {"/nowhere/facet-trainer"};
  ASSERT_FALSE(ProcessLauncher::Posix()->Launch(options).ok());
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(ProcessTest, DestructorKills) {
  Fifo fifo;
  ProcessOptions options = Shell("echo; exec sleep 1000");
  options.log_path = fifo.path();
  auto process = Launch(options);
  fifo.Expect("\n");
  process.reset();
  fifo.ExpectEnd();
}

TEST(ProcessTest, SignalAfterTheEndHasNoEffect) {
  auto process = Launch(Shell("exit 0"));
  process->Wait();
  process->Signal(SIGKILL);
  EXPECT_TRUE(process->Wait().ok());
}

TEST(ProcessTest, OneThreadSignalsWhileOthersWait) {
  auto process = Launch(Shell("exec sleep 1000"));
  int seen[2] = {};
  {
    Thread first("wait-0", [&] { seen[0] = process->Wait().signal; });
    Thread second("wait-1", [&] { seen[1] = process->Wait().signal; });
    process->Signal(SIGTERM);
  }
  EXPECT_EQ(seen[0], SIGTERM);
  EXPECT_EQ(seen[1], SIGTERM);
}

TEST(ProcessTest, ChildOutlivesTheThreadThatLaunchedIt) {
  const std::string path = Temporary("gate");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::unique_ptr<Process> process;
  Thread("launch", [&] { process = Launch(Shell(absl::StrCat("read x < ", path, "; exit 5"))); }).Join();
  std::ofstream(path) << "go\n";
  EXPECT_EQ(process->Wait().exit_code, 5);
  unlink(path.c_str());
}

// Not a test of its own: the parent of the test below, run as a process.
TEST(ProcessTest, DISABLED_LaunchesAndHangs) {
  ProcessOptions options = Shell("echo ready; exec sleep 1000");
  options.log_path = getenv("FACET_TEST_FIFO");
  auto process = Launch(options);
  process->Wait();
}

TEST(ProcessTest, ChildIsKilledWhenTheParentIsKilled) {
  Fifo fifo;
  ProcessOptions options;
  options.argv = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                  "--gtest_filter=ProcessTest.DISABLED_LaunchesAndHangs"};
  options.environment = {absl::StrCat("FACET_TEST_FIFO=", fifo.path()), "GTEST_OUTPUT="};
  options.log_path = "/dev/null";
  auto parent = Launch(options);
  fifo.Expect("ready\n");
  parent->Signal(SIGKILL);
  fifo.ExpectEnd();  // comes only when the grandchild has gone
}

}  // namespace
}  // namespace facet
