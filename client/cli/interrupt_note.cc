// SPDX-License-Identifier: Apache-2.0
#include "client/cli/interrupt_note.h"

#include <unistd.h>

#include <atomic>

#include "absl/strings/str_cat.h"

namespace facet::cli {
namespace {

// The note of the one that lives; a handler may read nothing else.
std::atomic<const std::string*> current = nullptr;

void PrintAndDie(int signal) {
  if (const std::string* note = current.load(); note != nullptr) {
    const ssize_t ignored = write(STDERR_FILENO, note->data(), note->size());
    static_cast<void>(ignored);
  }
  // Its default by now (SA_RESETHAND): whoever waits sees what ended the program.
  raise(signal);
}

}  // namespace

InterruptNote::InterruptNote(const std::string& note) : note_(absl::StrCat("\n", note, "\n")) {
  current = &note_;
  struct sigaction action = {};
  action.sa_handler = PrintAndDie;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  sigaction(SIGINT, &action, &interrupt_);
  sigaction(SIGTERM, &action, &terminate_);
}

InterruptNote::~InterruptNote() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
  current = nullptr;
}

std::string JobGoesOn(const std::string& job) {
  return absl::StrCat(job, " goes on; follow it with: facet jobs watch ", job);
}

}  // namespace facet::cli
