// SPDX-License-Identifier: Apache-2.0
#include "model/render/crew.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace facet::model {
namespace {

// Some tens of microseconds: longer than the gap between two layers of a small
// net, shorter than anyone would notice.
constexpr int kSpins = 2000;

void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

uint64_t Word(uint32_t loop, int pieces) { return static_cast<uint64_t>(loop) << 32 | static_cast<uint32_t>(pieces); }

}  // namespace

Crew::Crew(int threads) {
  // Where a helper cannot be started, those before it must not be joined while
  // they wait for loops.
  absl::Cleanup stopper = [this] { Stop(); };
  for (int i = 1; i < threads; ++i) {
    helpers_.emplace_back(absl::StrCat("render-", i), [this] { Help(); });
  }
  std::move(stopper).Cancel();
}

Crew::~Crew() { Stop(); }

void Crew::Stop() {
  stopping_.store(true, std::memory_order_release);
  loop_.fetch_add(1, std::memory_order_release);
  loop_.notify_all();
}

void Crew::Run(int pieces, absl::FunctionRef<void(int)> body) {
  if (pieces <= 1 || helpers_.empty()) {
    for (int i = 0; i < pieces; ++i) body(i);
    return;
  }
  const uint32_t loop = loop_.load(std::memory_order_relaxed) + 1;
  pieces_ = pieces;
  body_ = &body;
  unfinished_.store(pieces, std::memory_order_relaxed);
  untaken_.store(Word(loop, pieces), std::memory_order_release);
  loop_.store(loop, std::memory_order_release);
  loop_.notify_all();
  TakePieces(loop);
  AwaitPieces();
}

void Crew::TakePieces(uint32_t loop) {
  uint64_t word = untaken_.load(std::memory_order_acquire);
  while (word >> 32 == loop && static_cast<uint32_t>(word) != 0) {
    if (!untaken_.compare_exchange_weak(word, word - 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
      continue;
    }
    (*body_)(pieces_ - static_cast<int>(static_cast<uint32_t>(word)));
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
    word = untaken_.load(std::memory_order_acquire);
  }
}

void Crew::AwaitPieces() {
  for (int i = 0; i < kSpins; ++i) {
    if (unfinished_.load(std::memory_order_acquire) == 0) return;
    Pause();
  }
  for (int left = unfinished_.load(std::memory_order_acquire); left != 0;
       left = unfinished_.load(std::memory_order_acquire)) {
    unfinished_.wait(left, std::memory_order_acquire);
  }
}

uint32_t Crew::AwaitLoopAfter(uint32_t seen) {
  for (int i = 0; i < kSpins; ++i) {
    if (const uint32_t loop = loop_.load(std::memory_order_acquire); loop != seen) return loop;
    Pause();
  }
  loop_.wait(seen, std::memory_order_acquire);
  return loop_.load(std::memory_order_acquire);
}

void Crew::Help() {
  uint32_t seen = 0;
  while (!stopping_.load(std::memory_order_acquire)) {
    seen = AwaitLoopAfter(seen);
    TakePieces(seen);
  }
}

}  // namespace facet::model
