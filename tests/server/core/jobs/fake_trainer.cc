// SPDX-License-Identifier: Apache-2.0
// Speaks facet-trainer's protocol and does what it is told: words in the
// description of its preset, obeyed in order.
//
//   load           progress in the phase `loading`
//   step:N         progress at step N of 100, unless a checkpoint is that far
//   save:N         a checkpoint at step N, likewise; savefail:N one that fails
//   finish         a bundle, Finished, exit 0
//   fail:CODE      Failed with that code and exit 1
//   exit:N         exit code N
//   signal:N       kills itself
//   print:TEXT     a line for the log
//   garbage        bytes that are no event
//   hang           waits for SIGTERM, then says Stopped and exits with 0
//   deaf           waits, whatever comes
//   once:WORD      obeys WORD the first time only
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "facet/internal/trainer.pb.h"

namespace {

using facet::internal::TrainerEvent;

class FakeTrainer {
 public:
  explicit FakeTrainer(std::string dir) : dir_(std::move(dir)) {
    std::ifstream(dir_ + "/saved") >> saved_;
    spec_.ParseFromString(facet::FileSystem::Posix()->ReadFile(dir_ + "/spec.binpb").value_or(""));
  }

  void Run() {
    for (const auto word : absl::StrSplit(spec_.preset().description(), ' ', absl::SkipEmpty())) Obey(word);
  }

 private:
  void Obey(absl::string_view word) {
    const std::vector<std::string> parts = absl::StrSplit(word, absl::MaxSplits(':', 1));
    const std::string& verb = parts[0];
    const std::string argument = parts.size() > 1 ? parts[1] : "";
    int number = 0;
    [[maybe_unused]] const bool is_number = absl::SimpleAtoi(argument, &number);
    if (verb == "load") Progress("loading", 0);
    if (verb == "step" && number > saved_) Progress("training", number);
    if (verb == "save" && number > saved_) Save(number);
    if (verb == "savefail") Saved(number, "RESOURCE_EXHAUSTED: the disk is full");
    if (verb == "finish") Finish();
    if (verb == "fail") Fail(number);
    if (verb == "exit") exit(number);
    if (verb == "signal") raise(number);
    if (verb == "print") std::printf("%s\n", argument.c_str()), std::fflush(stdout);
    if (verb == "garbage") Write("\xff\xff\xff\xff\xff\xff\xff");
    if (verb == "hang") Hang();
    if (verb == "deaf") Deaf();
    if (verb == "once" && First(argument)) Obey(argument);
  }

  void Write(absl::string_view bytes) {
    if (write(3, bytes.data(), bytes.size()) < 0) exit(99);
  }
  void Send(const TrainerEvent& event) {
    std::string prefix;
    for (size_t size = event.ByteSizeLong(); true; size >>= 7) {
      prefix += static_cast<char>(size < 0x80 ? size : (size & 0x7f) | 0x80);
      if (size < 0x80) break;
    }
    Write(prefix + event.SerializeAsString());
  }
  void Progress(const std::string& phase, int step) {
    TrainerEvent event;
    auto* progress = event.mutable_progress();
    progress->set_phase(phase);
    progress->set_step(step);
    progress->set_total_steps(100);
    (*progress->mutable_losses())["generator"] = 100.0 - step;
    Send(event);
  }
  void Saved(int step, const std::string& error) {
    TrainerEvent event;
    event.mutable_saved()->set_step(step);
    event.mutable_saved()->set_error(error);
    Send(event);
  }
  void Save(int step) {
    saved_ = step;
    std::ofstream(dir_ + "/saved") << step;
    Saved(step, "");
  }
  void Finish() {
    mkdir((dir_ + "/bundle").c_str(), 0755);
    std::ofstream(dir_ + "/bundle/model.json") << "{}";
    TrainerEvent event;
    event.mutable_finished()->mutable_report()->set_train_psnr_db(30);
    Send(event);
    exit(0);
  }
  void Fail(int code) {
    TrainerEvent event;
    event.mutable_failed()->set_code(code);
    event.mutable_failed()->set_message("as it was told");
    Send(event);
    exit(1);
  }
  void Hang() {
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    int signal = 0;
    sigwait(&term, &signal);
    TrainerEvent event;
    event.mutable_stopped()->set_step(saved_);
    Send(event);
    exit(0);
  }
  [[noreturn]] void Deaf() {
    while (true) pause();
  }
  bool First(const std::string& word) {
    const std::string mark = absl::StrCat(dir_, "/did-", word);
    if (access(mark.c_str(), F_OK) == 0) return false;
    std::ofstream{mark};
    return true;
  }

  const std::string dir_;
  facet::internal::TrainerSpec spec_;
  int saved_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 || std::string(argv[1]) != "--job_dir" || std::string(argv[3]) != "--event_fd") return 2;
  // Waited for where it matters; a stop never comes in between.
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, nullptr);
  FakeTrainer(argv[2]).Run();
  return 0;
}
