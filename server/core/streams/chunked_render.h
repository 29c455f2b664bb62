// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_CHUNKED_RENDER_H_
#define FACET_SERVER_CORE_STREAMS_CHUNKED_RENDER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/core/render/render_engine.h"
#include "server/core/streams/delayed_calls.h"

namespace facet::server {

// Renders many images at bulk priority, a chunk at a time, so that others get
// in between: at most `chunks_at_once` chunks wait in the engine, and a full
// queue is waited out. Keeps itself alive until it is done; holds no thread
// meanwhile. Thread-safe.
class ChunkedRender : public std::enable_shared_from_this<ChunkedRender> {
 public:
  struct Options {
    ModelHandle model;
    std::vector<float> dense;  // [count, total_classes]
    int count = 0;             // at least 1
    model::PixelFormat format;
    char* pixels = nullptr;  // room for all; outlives the render
    int chunk_images = 32;
    int chunks_at_once = 2;
    RenderEngine* engine = nullptr;  // this and the next outlive the render
    DelayedCalls* delayed = nullptr;
    // The last chunk has been handed to the engine: there is room for others'.
    // Called once, before `done`, unless there is an error. May be null.
    absl::AnyInvocable<void()> on_submitted;
    // Called once, from the engine, which it must not hold up, or from
    // Start or Cancel.
    absl::AnyInvocable<void(absl::Status)> done;
  };

  explicit ChunkedRender(Options options);

  void Start() { SubmitChunks(); }
  // Ends it with CANCELLED soon.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void SubmitChunks() ABSL_LOCKS_EXCLUDED(mutex_);
  // The first image of the next chunk; -1: none now.
  int TakeChunk() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SubmitChunk(int begin) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether another chunk may be tried.
  bool ChunkSubmitted(int begin, const absl::Status& submitted) ABSL_LOCKS_EXCLUDED(mutex_);
  void ChunkDone(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  void TryLater() ABSL_LOCKS_EXCLUDED(mutex_);

  Options options_;
  absl::Mutex mutex_;
  std::vector<int64_t> tasks_ ABSL_GUARDED_BY(mutex_);  // of the engine, for Cancel
  int next_ ABSL_GUARDED_BY(mutex_) = 0;                // first image not submitted
  int running_ ABSL_GUARDED_BY(mutex_) = 0;             // chunks in the engine
  bool submitting_ ABSL_GUARDED_BY(mutex_) = false;     // by one thread at a time
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;        // for a delayed try
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_CHUNKED_RENDER_H_
