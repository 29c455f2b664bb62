// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_CALL_GATE_H_
#define FACET_SERVER_RPC_CALL_GATE_H_

#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace facet::server {

// Lets RPCs in, knows how many there are, closes for a shutdown, and in the end
// cuts off those inside. Thread-safe; outlives its passes.
class CallGate {
 public:
  // An RPC in flight; leaves when it goes.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept;
    Pass& operator=(Pass&& other) noexcept;
    ~Pass();

    // `hook` is called once when the gate closes, at once if it is closed, and
    // never after this pass has gone unless that is happening already: hold
    // what it uses weakly. For calls that would go on for ever.
    void OnClose(std::function<void()> hook);
    // The same for when those inside are cut off.
    void OnCutOff(std::function<void()> hook);

   private:
    friend class CallGate;
    Pass(CallGate* gate, int64_t id) : gate_(gate), id_(id) {}
    CallGate* gate_ = nullptr;
    int64_t id_ = 0;
  };

  // At most `max_calls` at once.
  explicit CallGate(int max_calls) : max_calls_(max_calls) {}

  // UNAVAILABLE (SHUTTING_DOWN, RetryInfo): closed. RESOURCE_EXHAUSTED
  // (TOO_MANY_CALLS, RetryInfo): full.
  absl::StatusOr<Pass> Enter() ABSL_LOCKS_EXCLUDED(mutex_);

  // Lets nobody in from now on.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

  // Tells those inside that they must end now. Closes, too.
  void CutOff() ABSL_LOCKS_EXCLUDED(mutex_);

  // Blocks until no call is left or `deadline` has come; whether none is left.
  bool AwaitEmpty(Clock& clock, absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);

  int in_flight() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // What those inside are told of once it has come.
  struct Moment {
    bool come = false;
    absl::flat_hash_map<int64_t, std::function<void()>> hooks;  // by pass
  };

  void Leave(int64_t id) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetHook(Moment CallGate::*moment, int64_t id, std::function<void()> hook) ABSL_LOCKS_EXCLUDED(mutex_);
  void Announce(Moment CallGate::*moment) ABSL_LOCKS_EXCLUDED(mutex_);

  const int max_calls_;
  mutable absl::Mutex mutex_;
  Moment close_ ABSL_GUARDED_BY(mutex_);
  Moment cut_off_ ABSL_GUARDED_BY(mutex_);
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_CALL_GATE_H_
