// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/call_gate.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "server/core/shutting_down.h"

namespace facet::server {

CallGate::Pass::Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), id_(other.id_) {}

CallGate::Pass& CallGate::Pass::operator=(Pass&& other) noexcept {
  std::swap(gate_, other.gate_);
  std::swap(id_, other.id_);
  return *this;
}

CallGate::Pass::~Pass() {
  if (gate_ != nullptr) gate_->Leave(id_);
}

void CallGate::Pass::OnClose(std::function<void()> hook) {
  if (gate_ != nullptr) gate_->SetHook(&CallGate::close_, id_, std::move(hook));
}

void CallGate::Pass::OnCutOff(std::function<void()> hook) {
  if (gate_ != nullptr) gate_->SetHook(&CallGate::cut_off_, id_, std::move(hook));
}

absl::StatusOr<CallGate::Pass> CallGate::Enter() {
  absl::MutexLock lock(&mutex_);
  if (close_.come) return ShuttingDownError();
  if (in_flight_ >= max_calls_) {
    return WithRetryAfter(WithReason(absl::ResourceExhaustedError(
                                         absl::StrCat("the server has its limit of ", max_calls_, " calls in flight")),
                                     "TOO_MANY_CALLS"),
                          absl::Milliseconds(100));
  }
  ++in_flight_;
  return Pass(this, next_id_++);
}

void CallGate::Leave(int64_t id) {
  absl::MutexLock lock(&mutex_);
  --in_flight_;
  close_.hooks.erase(id);
  cut_off_.hooks.erase(id);
}

void CallGate::SetHook(Moment CallGate::*moment, int64_t id, std::function<void()> hook) {
  {
    absl::MutexLock lock(&mutex_);
    if (!(this->*moment).come) {
      (this->*moment).hooks[id] = std::move(hook);
      return;
    }
  }
  hook();
}

void CallGate::Announce(Moment CallGate::*moment) {
  absl::flat_hash_map<int64_t, std::function<void()>> hooks;
  {
    absl::MutexLock lock(&mutex_);
    (this->*moment).come = true;
    hooks.swap((this->*moment).hooks);
  }
  for (auto& [id, hook] : hooks) hook();
}

void CallGate::Close() { Announce(&CallGate::close_); }

void CallGate::CutOff() {
  Close();
  Announce(&CallGate::cut_off_);
}

bool CallGate::AwaitEmpty(Clock& clock, absl::Time deadline) {
  auto empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; };
  absl::MutexLock lock(&mutex_);
  return clock.AwaitUntil(mutex_, absl::Condition(&empty), deadline);
}

int CallGate::in_flight() const {
  absl::MutexLock lock(&mutex_);
  return in_flight_;
}

}  // namespace facet::server
