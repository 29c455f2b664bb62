// SPDX-License-Identifier: Apache-2.0
// Speaks facet-trainer's protocol and does what it is told: words in the
// description of its preset, obeyed in order.
//
//   load           progress in the phase `loading`
//   step:N         progress at step N of 100, unless a checkpoint is that far
//   save:N         a checkpoint at step N, likewise; savefail:N one that fails
//   phase:NAME     progress in that phase, at step 0
//   kept           a part of a task is done
//   compared       Finished with a report of a comparison, exit 0
//   finish         a bundle, Finished, exit 0
//   fail:CODE      Failed with that code and exit 1
//   exit:N         exit code N
//   signal:N       kills itself
//   print:TEXT     a line for the log
//   flags          likewise its command line behind the folder of the job
//   nan            Failed as for a loss that is not finite, exit 1
//   points:N       progress at step N with a point of the curve there
//   abort          dies as a program does whose std::bad_alloc nobody catches
//   lock           holds trainer.lock; exit 3 where another does
//   beat           a heartbeat
//   garbage        bytes that are no event
//   hang           waits for SIGTERM, then says Stopped and exits with 0
//   deaf           waits, whatever comes
//   once:WORD      obeys WORD the first time only
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "facet/internal/trainer.pb.h"

namespace {

using facet::internal::TrainerEvent;

class FakeTrainer {
 public:
  FakeTrainer(std::string dir, std::vector<std::string> flags) : dir_(std::move(dir)), flags_(std::move(flags)) {
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
    if (verb == "phase") Progress(argument, 0);
    if (verb == "kept") Kept();
    if (verb == "compared") Compared();
    if (verb == "finish") Finish();
    if (verb == "fail") Fail(number);
    if (verb == "nan") Fail(static_cast<int>(absl::StatusCode::kDataLoss), "LOSS_NOT_FINITE");
    if (verb == "points" && number > saved_) Progress("training", number, true);
    if (verb == "abort") Abort();
    if (verb == "lock") Lock();
    if (verb == "beat") Heartbeat();
    if (verb == "exit") exit(number);
    if (verb == "signal") Die(number);
    if (verb == "print") std::printf("%s\n", argument.c_str()), std::fflush(stdout);
    if (verb == "flags") std::printf("%s\n", absl::StrJoin(flags_, " ").c_str()), std::fflush(stdout);
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
  void Progress(const std::string& phase, int step, bool with_point = false) {
    TrainerEvent event;
    auto* progress = event.mutable_progress();
    progress->set_phase(phase);
    progress->set_step(step);
    progress->set_total_steps(100);
    (*progress->mutable_losses())["generator"] = 100.0 - step;
    if (with_point) {
      progress->add_points()->set_step(step);
      *progress->mutable_points(0)->mutable_losses() = progress->losses();
    }
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
  void Fail(int code, const std::string& reason = "") {
    TrainerEvent event;
    event.mutable_failed()->set_code(code);
    event.mutable_failed()->set_message("as it was told");
    event.mutable_failed()->set_reason(reason);
    event.mutable_failed()->set_step(saved_ + 3);
    Send(event);
    exit(1);
  }
  void Kept() {
    TrainerEvent event;
    event.mutable_kept();
    Send(event);
  }
  void Compared() {
    TrainerEvent event;
    event.mutable_finished()->mutable_augmentation_report()->set_feature("digit");
    Send(event);
    exit(0);
  }
  void Heartbeat() {
    TrainerEvent event;
    event.mutable_heartbeat();
    Send(event);
  }
  // A sanitizer would make an exit of it.
  void Die(int number) {
    signal(number, SIG_DFL);
    raise(number);
  }
  [[noreturn]] void Abort() {
    std::printf("terminate called after throwing an instance of 'std::bad_alloc'\n");
    std::fflush(stdout);
    abort();
  }
  void Lock() {
    const int fd = open((dir_ + "/trainer.lock").c_str(), O_RDWR | O_CREAT, 0644);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) exit(3);
    const std::string pid = absl::StrCat(getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) exit(98);
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
  const std::vector<std::string> flags_;
  facet::internal::TrainerSpec spec_;
  int saved_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || std::string(argv[1]) != "--job-dir" || std::string(argv[3]) != "--event-fd") return 2;
  // Waited for where it matters; a stop never comes in between.
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, nullptr);
  FakeTrainer(argv[2], {argv + 3, argv + argc}).Run();
  return 0;
}
