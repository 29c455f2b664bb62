// SPDX-License-Identifier: Apache-2.0
// facet-trainer: does one training job, started by facetd, by a cluster or by
// hand.
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/error.h"
#include "model/train/event_sink.h"
#include "model/train/stop_signal.h"
#include "model/train/trainer_job.h"

namespace {

using facet::model::EventSink;
using facet::model::JobOutcome;

enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kLocked = 3, kAbandoned = 4 };

constexpr char kDescription[] =
    "Trains the nets of one job and leaves its bundle. The job's folder holds spec.binpb\n"
    "(facet.internal.TrainerSpec; or spec.textproto); checkpoints/, bundle/ and report.json\n"
    "come into being there. Started again, it goes on from the last checkpoint.\n";
constexpr char kFooter[] =
    "SIGTERM and SIGINT: save a checkpoint after the step at hand and exit.\n"
    "\n"
    "Exit codes:\n"
    "  0  finished, or stopped by a signal after saving\n"
    "  1  failed; the message is on standard error and in the event Failed\n"
    "  2  bad flags\n"
    "  3  another trainer works on this job\n"
    "  4  the reader of --event-fd went away; a checkpoint was saved";

struct Flags {
  std::string job_dir;
  int event_fd = -1;
  std::string device = "auto";
};

int ExitWith(ExitCode code, const absl::Status& status) {
  std::fprintf(stderr, "facet-trainer: %s\n", std::string(status.message()).c_str());
  return code;
}

// Has libgomp's threads wait at barriers for some microseconds and then sleep.
// Its default spins for milliseconds, which gains nothing alone on the machine
// and starves the thread that is waited for beside other work: a step of
// `digits` on two cores, shared with two busy processes, took 3200 ms with the
// default, 360 ms at 10000 and 175 ms at 1000; alone 40 ms each. libgomp reads
// the variable before main() begins, hence the second start; nothing happens
// where the user has set it, or where the program cannot be started again.
void SpinLess(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("GOMP_SPINCOUNT", "5000", 0);
  execv("/proc/self/exe", argv);
}

std::unique_ptr<EventSink> MakeSink(const Flags& flags) {
  std::vector<std::unique_ptr<EventSink>> sinks;
  if (flags.event_fd >= 0) sinks.push_back(std::make_unique<facet::model::PipeEventSink>(flags.event_fd));
  sinks.push_back(
      std::make_unique<facet::model::TextEventSink>(stderr, isatty(STDERR_FILENO) != 0, facet::Clock::Steady()));
  return std::make_unique<facet::model::EventSinks>(std::move(sinks));
}

// Whether the job was begun before, as facetd says.
bool IsRetry() {
  const char* attempt = std::getenv("FACET_ATTEMPT");
  return attempt != nullptr && std::atoi(attempt) > 1;
}

// Where memory runs out, the kernel is to take the trainer, which goes on from
// its last checkpoint, and not the server. More than a user's own is allowed to
// anybody.
void GoFirst() {
  if (std::FILE* file = std::fopen("/proc/self/oom_score_adj", "w"); file != nullptr) {
    std::fputs("500", file);
    std::fclose(file);
  }
}

int Run(const Flags& flags) {
  GoFirst();
  // A reader that went away is an error of write(2), not the end.
  std::signal(SIGPIPE, SIG_IGN);
  std::atomic<bool> stop{false};
  const auto stop_signal = facet::model::StopSignal::Create(&stop);
  if (!stop_signal.ok()) return ExitWith(kFailed, stop_signal.status());
  const std::unique_ptr<EventSink> sink = MakeSink(flags);
  facet::model::TrainerJobOptions options;
  options.job_dir = flags.job_dir;
  options.device = flags.device;
  options.sink = sink.get();
  options.save_soon = IsRetry();
  const auto outcome = facet::model::RunTrainerJob(options, stop);
  if (!outcome.ok()) {
    const bool locked = facet::GetErrorDetail(outcome.status()).reason == "JOB_LOCKED";
    return locked ? ExitWith(kLocked, outcome.status()) : kFailed;  // the sink was told of the others
  }
  return *outcome == JobOutcome::kStopped && sink->gone() ? kAbandoned : kDone;
}

}  // namespace

int main(int argc, char** argv) {
  SpinLess(argv);
  // protobuf's own lines would stand between those of the log; what matters comes
  // as a status.
  google::protobuf::SetLogHandler(nullptr);
  Flags flags;
  CLI::App app(kDescription, "facet-trainer");
  app.footer(kFooter);
  // With underscores for a server of before, whose programs were replaced under it.
  app.set_version_flag("--version", "facet-trainer " FACET_VERSION);
  app.add_option("--job-dir,--job_dir", flags.job_dir, "Folder of the job")->required();
  app.add_option("--event-fd,--event_fd", flags.event_fd,
                 "Descriptor that gets facet.internal.TrainerEvent messages, a varint with the length in front of "
                 "each");
  app.add_option("--device", flags.device, "cpu, cuda, cuda:1, …; auto takes a GPU where there is one");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return Run(flags);
}
