// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_STOP_SIGNAL_H_
#define FACET_MODEL_TRAIN_STOP_SIGNAL_H_

#include <atomic>
#include <memory>

#include "absl/status/statusor.h"
#include "base/thread.h"

namespace facet::model {

// Turns SIGTERM and SIGINT into a flag, without a signal handler: the signals
// are blocked and read by a thread of its own. Make one, before any other
// thread is started, since threads inherit what is blocked.
class StopSignal {
 public:
  // Sets `*stop`, which outlives this, when a signal comes. INTERNAL: no file
  // descriptors left.
  static absl::StatusOr<std::unique_ptr<StopSignal>> Create(std::atomic<bool>* stop);
  // The signals stay blocked.
  ~StopSignal();

 private:
  StopSignal(int signal_fd, int end_fd, std::atomic<bool>* stop);
  void Watch();

  int signal_fd_;
  int end_fd_;  // an eventfd: ends the thread
  std::atomic<bool>* stop_;
  Thread thread_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_STOP_SIGNAL_H_
