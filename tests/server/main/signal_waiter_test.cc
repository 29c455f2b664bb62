// SPDX-License-Identifier: Apache-2.0
#include "server/main/signal_waiter.h"

#include <signal.h>
#include <unistd.h>

#include <ctime>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace facet::server {
namespace {

// Blocks the signals, and leaves the process as it was.
class SignalWaiterTest : public testing::Test {
 protected:
  SignalWaiterTest() {
    pthread_sigmask(SIG_SETMASK, nullptr, &before_);
    BlockTerminationSignals();
  }
  ~SignalWaiterTest() override { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  // The signal that waits to be taken; 0: none. Takes it.
  static int TakePending() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    const timespec at_once = {0, 0};
    const int signal = sigtimedwait(&signals, nullptr, &at_once);
    return signal > 0 ? signal : 0;
  }

  sigset_t before_;
};

TEST_F(SignalWaiterTest, TheFirstSignalIsHandedOver) {
  for (const int sent : {SIGTERM, SIGINT}) {
    int got = 0;
    absl::Notification called;
    SignalWaiter waiter([&](int signal) {
      got = signal;
      called.Notify();
    });
    kill(getpid(), sent);
    called.WaitForNotification();
    EXPECT_EQ(got, sent);
  }
}

TEST_F(SignalWaiterTest, ASignalSentBeforeIsNotLost) {
  kill(getpid(), SIGTERM);
  absl::Notification called;
  SignalWaiter waiter([&](int) { called.Notify(); });
  called.WaitForNotification();
}

TEST_F(SignalWaiterTest, NoneIsTakenAfterwards) {
  {
    SignalWaiter waiter([](int) { ADD_FAILURE() << "there was no signal"; });
  }
  kill(getpid(), SIGTERM);
  EXPECT_EQ(TakePending(), SIGTERM);
}

TEST_F(SignalWaiterTest, OtherSignalsAreNotItsBusiness) {
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 1);
  EXPECT_EQ(sigismember(&blocked, SIGINT), 1);
  EXPECT_EQ(sigismember(&blocked, SIGHUP), 0);
  EXPECT_EQ(sigismember(&blocked, SIGSEGV), 0);
}

// Two signals, the second after the first was taken.
[[noreturn]] void SendTwo(int second) {
  BlockTerminationSignals();
  absl::Notification called;
  SignalWaiter waiter([&](int) { called.Notify(); });
  kill(getpid(), SIGTERM);
  called.WaitForNotification();
  kill(getpid(), second);
  while (true) pause();
}

TEST(SignalWaiterDeathTest, TheSecondEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(SendTwo(SIGTERM), testing::ExitedWithCode(128 + SIGTERM), "");
  EXPECT_EXIT(SendTwo(SIGINT), testing::ExitedWithCode(128 + SIGINT), "");
}

}  // namespace
}  // namespace facet::server
