// SPDX-License-Identifier: Apache-2.0
// What a thousand watchers of one job cost the server: memory and processor
// time of a real facetd, printed, and bounded well above what is usual.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "facet/v1/training.grpc.pb.h"
#include "tests/end_to_end/tiny_service.h"

namespace facet {
namespace {

constexpr int kWatchers = 1000;
constexpr int kChannels = 4;
constexpr absl::Duration kMeasured = absl::Seconds(5);

// Counts the events of one watch. Outlives it.
class Watcher final : public grpc::ClientReadReactor<v1::TrainingEvent> {
 public:
  explicit Watcher(v1::TrainingService::Stub* stub) {
    request_.set_name("long");
    stub->async()->WatchTrainingJob(&context_, &request_, this);
    StartRead(&event_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    {
      absl::MutexLock lock(&mutex_);
      last_ = event_.revision();
      ++events_;
    }
    StartRead(&event_);
  }
  void OnDone(const grpc::Status&) override {
    absl::MutexLock lock(&mutex_);
    done_ = true;
  }
  int64_t events() {
    absl::MutexLock lock(&mutex_);
    return events_;
  }
  // Whether that many events, or one of this revision, came by then.
  bool AwaitEvents(int64_t count, absl::Time deadline) {
    return Await([this, count] { return events_ >= count; }, deadline);
  }
  bool AwaitRevision(int64_t revision, absl::Time deadline) {
    return Await([this, revision] { return last_ >= revision; }, deadline);
  }
  void Cancel() { context_.TryCancel(); }
  void AwaitDone() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&done_));
  }

 private:
  template <typename Predicate>
  bool Await(Predicate holds, absl::Time deadline) {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithDeadline(absl::Condition(&holds), deadline);
  }

  grpc::ClientContext context_;
  v1::WatchTrainingJobRequest request_;
  v1::TrainingEvent event_;
  absl::Mutex mutex_;
  int64_t last_ = 0;
  int64_t events_ = 0;
  bool done_ = false;
};

// Resident memory of a process, KiB.
int64_t Resident(int pid) {
  for (absl::string_view line : absl::StrSplit(TempDir::Read(absl::StrCat("/proc/", pid, "/status")), '\n')) {
    int64_t kib = 0;
    if (absl::ConsumePrefix(&line, "VmRSS:") && absl::ConsumeSuffix(&line, " kB") && absl::SimpleAtoi(line, &kib)) {
      return kib;
    }
  }
  ADD_FAILURE() << "no VmRSS";
  return 0;
}

// Processor time that a process has used.
absl::Duration Used(int pid) {
  const std::vector<std::string> fields = absl::StrSplit(TempDir::Read(absl::StrCat("/proc/", pid, "/stat")), ' ');
  int64_t user = 0;
  int64_t system = 0;
  EXPECT_TRUE(absl::SimpleAtoi(fields.at(13), &user) && absl::SimpleAtoi(fields.at(14), &system));
  return absl::Seconds(user + system) / sysconf(_SC_CLK_TCK);
}

// Share of a core, in percent.
double Load(int pid) {
  const absl::Duration before = Used(pid);
  absl::SleepFor(kMeasured);
  return 100 * absl::FDivDuration(Used(pid) - before, kMeasured);
}

TEST(WatchCostTest, AThousandWatchersOfOneJob) {
  TinyService service;
  ASSERT_EQ(service.Train("long", {"--steps", "1000000", "--detach"}).exit_code, 0);
  const int pid = service.server().pid();
  std::vector<std::unique_ptr<v1::TrainingService::Stub>> stubs;
  for (int i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(v1::TrainingService::NewStub(
        grpc::CreateCustomChannel(service.server().address(), grpc::InsecureChannelCredentials(), arguments)));
  }
  const double load_before = Load(pid);
  const int64_t memory_before = Resident(pid);
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < kWatchers; ++i) watchers.push_back(std::make_unique<Watcher>(stubs[i % kChannels].get()));
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  for (const auto& watcher : watchers) {
    watcher->AwaitEvents(2, deadline);
  }
  const int64_t events_before = watchers.back()->events();
  const double load = Load(pid);
  const int64_t events = watchers.back()->events() - events_before;
  const int64_t memory = Resident(pid) - memory_before;

  const int64_t newest = service.Connect()->GetTrainingJob("long")->revision();
  for (const auto& watcher : watchers) {
    EXPECT_TRUE(watcher->AwaitRevision(newest, deadline)) << "a watcher is left behind";
  }
  std::printf("%d watchers, %.1f events/s: %.0f KiB each; the server uses %.1f %% of a core, without them %.1f %%\n",
              kWatchers, events / absl::ToDoubleSeconds(kMeasured), 1.0 * memory / kWatchers, load, load_before);
  EXPECT_LT(memory / kWatchers, 256);
  EXPECT_LT(load, 60);
  for (const auto& watcher : watchers) watcher->Cancel();
  for (const auto& watcher : watchers) watcher->AwaitDone();
}

}  // namespace
}  // namespace facet
