// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "base/thread.h"

namespace facet {
namespace {

// absl::Mutex waits by the system's clock, and a wait of a second lasts an hour
// where that is set back by an hour. So waits here have no deadline for
// absl::Mutex; a thread of this clock rings when theirs has come.
class SteadyClock final : public Clock {
 public:
  SteadyClock() : thread_("steady-clock", [this] { Loop(); }) {}

  absl::Time Now() override { return begin_ + absl::FromChrono(std::chrono::steady_clock::now() - steady_begin_); }

  bool AwaitUntil(absl::Mutex& mutex, const absl::Condition& condition,
                  absl::Time deadline) override ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (deadline == absl::InfiniteFuture()) {
      mutex.Await(condition);
      return true;
    }
    if (condition.Eval() || deadline <= Now()) return condition.Eval();
    Alarm alarm{&mutex};
    const Alarms::iterator entry = Add(deadline, &alarm);
    auto over = [&] { return alarm.rang || condition.Eval(); };
    mutex.Await(absl::Condition(&over));
    if (!Remove(alarm, entry)) {
      // It rings right now, and needs the mutex for that.
      mutex.Unlock();
      AwaitSilence(alarm);
      mutex.Lock();
    }
    return condition.Eval();
  }

 private:
  struct Alarm {
    absl::Mutex* mutex;
    std::atomic<bool> rang = false;
    bool silent = false;  // under mutex_: rung, and never touched again
  };
  using Alarms = std::multimap<std::chrono::steady_clock::time_point, Alarm*>;

  Alarms::iterator Add(absl::Time deadline, Alarm* alarm) {
    const std::lock_guard<std::mutex> lock(mutex_);
    // The end of time is far enough.
    const absl::Duration wait = std::min(deadline - begin_, absl::Hours(24 * 365 * 100));
    changed_.notify_one();
    return alarms_.emplace(steady_begin_ + absl::ToChronoNanoseconds(wait), alarm);
  }
  // False where it has begun to ring.
  bool Remove(const Alarm& alarm, Alarms::iterator entry) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (alarm.rang) return alarm.silent;
    alarms_.erase(entry);
    return true;
  }
  void AwaitSilence(const Alarm& alarm) {
    std::unique_lock<std::mutex> lock(mutex_);
    rung_.wait(lock, [&] { return alarm.silent; });
  }

  [[noreturn]] void Loop() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      if (alarms_.empty()) {
        changed_.wait(lock);
      } else if (alarms_.begin()->first > std::chrono::steady_clock::now()) {
        const auto next = alarms_.begin()->first;  // its entry may go meanwhile
        changed_.wait_until(lock, next);
      } else {
        Alarm* alarm = alarms_.begin()->second;
        alarms_.erase(alarms_.begin());
        alarm->rang = true;
        Ring(lock, *alarm);
      }
    }
  }
  // Conditions are looked at again when their mutex is released.
  void Ring(std::unique_lock<std::mutex>& lock, Alarm& alarm) {
    lock.unlock();
    { absl::MutexLock wake(alarm.mutex); }
    lock.lock();
    alarm.silent = true;
    rung_.notify_all();
  }

  const absl::Time begin_ = absl::Now();
  const std::chrono::steady_clock::time_point steady_begin_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable rung_;
  Alarms alarms_;
  Thread thread_;  // last: it uses the rest
};

}  // namespace

Clock* Clock::Steady() {
  static SteadyClock* const clock = new SteadyClock;
  return clock;
}

}  // namespace facet
