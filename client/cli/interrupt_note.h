// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_INTERRUPT_NOTE_H_
#define FACET_CLIENT_CLI_INTERRUPT_NOTE_H_

#include <csignal>
#include <string>

namespace facet::cli {

// While it lives, an interruption (SIGINT, SIGTERM) prints `note` on standard
// error before it ends the program as it would have. One at a time.
class InterruptNote {
 public:
  explicit InterruptNote(const std::string& note);
  ~InterruptNote();
  InterruptNote(const InterruptNote&) = delete;
  InterruptNote& operator=(const InterruptNote&) = delete;

 private:
  const std::string note_;
  struct sigaction interrupt_;  // what was there before
  struct sigaction terminate_;
};

// What such a note says of a job, by its name: that it goes on, and how to
// follow it.
std::string JobGoesOn(const std::string& job);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_INTERRUPT_NOTE_H_
