// SPDX-License-Identifier: Apache-2.0
// Whatever people ask for and whoever dies, in whatever order: no acknowledged
// job is lost, and no state is reached but by the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/core/jobs/job_ledger.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {
namespace {

using State = v1::TrainingJobState;

// A fake trainer that tells nothing for so long waits for ever.
constexpr absl::Duration kHangs = absl::Milliseconds(400);

// The seed of this run, or FACET_SEED to have one again.
uint32_t Seed() {
  uint32_t seed = std::random_device()();
  const char* wanted = std::getenv("FACET_SEED");
  if (wanted != nullptr && !absl::SimpleAtoi(wanted, &seed)) ADD_FAILURE() << "FACET_SEED is no number";
  return seed;
}

bool Leads(State from, State to) {
  return from == to || std::any_of(kAllJobVerbs.begin(), kAllJobVerbs.end(),
                                   [&](JobVerb verb) { return NextJobState(from, verb) == to; });
}

class JobPropertyTest : public JobHarness {
 protected:
  JobPropertyTest() {
    options_.max_running = 2;
    options_.max_queued = 6;
    options_.max_restarts = 1000;
    options_.stop_grace = absl::Milliseconds(50);
  }
  int Draw(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  std::string AnyJob() { return known_.empty() ? "none" : known_[Draw(static_cast<int>(known_.size()))]; }

  // Accepts what may happen to a call on a job in any state.
  void Expect(const absl::Status& status) {
    EXPECT_TRUE(status.ok() || absl::IsFailedPrecondition(status) || absl::IsResourceExhausted(status) ||
                absl::IsNotFound(status))
        << status;
  }
  void CreateSome() {
    static const char* const kScripts[] = {
        "load step:10 save:10 step:100 finish",
        "load step:10 save:10 once:hang step:20 save:20 once:hang step:30 finish",
        "load step:10 once:deaf step:20 save:20 finish",
        "load step:10 save:10 once:signal:9 step:20 once:signal:11 finish",
        "load step:10 fail:15",
    };
    const std::string id = absl::StrCat("j", ++created_);
    auto request = MakeRequest(id, kScripts[Draw(5)]);
    request.set_priority(Draw(3));
    const auto job = jobs().CreateJob(request);
    Expect(job.status());
    if (job.ok()) known_.push_back(id);
  }
  void DeleteSome() {
    const std::string id = AnyJob();
    const absl::Status status = Delete(id);
    Expect(status);
    if (status.ok()) known_.erase(std::find(known_.begin(), known_.end(), id));
  }
  void DoSomething() {
    switch (Draw(10)) {
      case 0:
      case 1:
      case 2:
        return CreateSome();
      case 3:
        return Expect(Pause(AnyJob(), Draw(2) == 0).status());
      case 4:
      case 5:
        return Expect(Resume(AnyJob()).status());
      case 6:
        return Expect(Cancel(AnyJob(), Draw(2) == 0).status());
      case 7:
        return DeleteSome();
      case 8:
        return launcher_.MayKillLast(SIGKILL);
      case 9:
        return Restart();
    }
  }
  // Every job that was acknowledged is there, with a history by the table.
  void CheckHistories() {
    for (const std::string& id : known_) {
      const std::string name = absl::StrCat("trainingJobs/", id);
      const auto events = store_->ListEvents(name, 0, 10000).value();
      ASSERT_FALSE(events.empty()) << name << " is lost";
      for (size_t i = 1; i < events.size(); ++i) {
        ASSERT_EQ(events[i].revision(), events[i - 1].revision() + 1);
        ASSERT_TRUE(Leads(events[i - 1].state(), events[i].state()))
            << name << ": " << JobStateName(events[i - 1].state()) << " -> " << JobStateName(events[i].state());
      }
    }
  }
  // Lets all jobs come to their end: what is paused goes on, and what has told
  // nothing for a while hangs, holds a place that others wait for, and is paused.
  void Drain() {
    std::map<std::string, std::pair<int64_t, absl::Time>> last_told;
    while (true) {
      bool all_ended = true;
      for (const std::string& id : known_) {
        const v1::TrainingJob job = Get(id);
        if (HasEnded(job.state())) continue;
        all_ended = false;
        auto& [revision, since] = last_told[id];
        if (job.revision() != revision) {
          revision = job.revision();
          since = absl::Now();
        }
        if (job.state() == v1::TRAINING_JOB_STATE_PAUSED) Expect(Resume(id).status());
        const bool has_trainer = NextJobState(job.state(), JobVerb::kTraining).has_value();
        if (has_trainer && absl::Now() - since > kHangs) Expect(Pause(id, true).status());
      }
      if (all_ended) return;
      absl::SleepFor(absl::Milliseconds(5));
    }
  }

  std::minstd_rand random_;
  std::vector<std::string> known_;
  int created_ = 0;
};

TEST_F(JobPropertyTest, RandomVerbsAndRandomDeathsLoseNoJob) {
  const uint32_t seed = Seed();
  SCOPED_TRACE(absl::StrCat("FACET_SEED=", seed));
  random_.seed(seed);
  for (int i = 0; i < 150 && !HasFailure(); ++i) {
    DoSomething();
    if (Draw(3) == 0) absl::SleepFor(absl::Milliseconds(Draw(10)));
  }
  CheckHistories();
  Drain();
  CheckHistories();
  for (const std::string& id : known_) {
    const v1::TrainingJob job = Get(id);
    EXPECT_EQ(job.attempts_size(), std::min(20, job.attempt())) << id;
    for (const auto& attempt : job.attempts()) EXPECT_TRUE(attempt.has_end_time()) << id;
  }
}

// The ledger against the table, without processes.
TEST(LedgerPropertyTest, RandomVerbsFollowTheTableAcrossRestarts) {
  const uint32_t seed = Seed();
  SCOPED_TRACE(absl::StrCat("FACET_SEED=", seed));
  std::minstd_rand random(seed);
  TempStore store;
  const auto metrics = Metrics::Create();
  const auto open = [&] {
    return JobLedger::Create({store.get(), Clock::Real(), metrics.get(), 1000, [](const std::string&) {}}).value();
  };
  auto ledger = open();
  std::map<std::string, State> model;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = absl::StrCat("trainingJobs/j", random() % 8);
    if (random() % 100 == 0) {
      ledger.reset();
      store.Reopen();
      ledger = open();
    }
    const auto known = model.find(name);
    if (known == model.end()) {
      v1::TrainingJob job;
      job.set_name(name);
      ASSERT_TRUE(ledger->Insert(job, "").ok());
      model[name] = v1::TRAINING_JOB_STATE_QUEUED;
      continue;
    }
    const JobVerb verb = kAllJobVerbs[random() % kAllJobVerbs.size()];
    const auto next = NextJobState(known->second, verb);
    if (verb == JobVerb::kDelete) {
      ASSERT_EQ(ledger->Remove(name).ok(), next.has_value());
      if (next.has_value()) model.erase(known);
      continue;
    }
    const auto job = ledger->Apply(name, verb, "because");
    ASSERT_EQ(job.ok(), next.has_value());
    if (next.has_value()) known->second = *next;
    ASSERT_EQ(store->GetJob(name)->job.state(), known->second);
  }
}

}  // namespace
}  // namespace facet::server
