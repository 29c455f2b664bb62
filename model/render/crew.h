// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_RENDER_CREW_H_
#define FACET_MODEL_RENDER_CREW_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/thread.h"

namespace facet::model {

// A few threads that share the pieces of short loops, thousands of loops a
// second. The caller is one of them and never waits for one that sleeps:
// whoever is there takes the next piece, so that a busy machine costs its share
// and no more. Helpers look for the next loop for some microseconds, then
// sleep.
//
// Used by one thread at a time.
class Crew {
 public:
  // `threads` of them, the caller included; at least 1. Throws std::system_error
  // where the system has no thread left.
  explicit Crew(int threads);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  // Joins the helpers.
  ~Crew();

  // Calls body(0) to body(pieces - 1), each once, in any order, on any of the
  // threads; returns when all have returned. `body` must not throw, nor call
  // Run.
  void Run(int pieces, absl::FunctionRef<void(int)> body);

  int threads() const { return static_cast<int>(helpers_.size()) + 1; }

 private:
  // Ends the helpers' work; to be joined.
  void Stop();
  void Help();
  // Runs pieces of loop `loop` until none is left.
  void TakePieces(uint32_t loop);
  // Waits until the number of the loop is another; returns it.
  uint32_t AwaitLoopAfter(uint32_t seen);
  void AwaitPieces();

  // Number of the loop (upper half) and pieces not yet taken (lower half) in
  // one word: a helper that is late cannot take a piece of another loop than
  // the one it thinks of.
  std::atomic<uint64_t> untaken_{0};
  std::atomic<int> unfinished_{0};
  std::atomic<uint32_t> loop_{0};
  std::atomic<bool> stopping_{false};
  // Written before a loop begins; read only by who has taken a piece of it.
  int pieces_ = 0;
  const absl::FunctionRef<void(int)>* body_ = nullptr;
  std::vector<Thread> helpers_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_CREW_H_
