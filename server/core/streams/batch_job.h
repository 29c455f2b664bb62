// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STREAMS_BATCH_JOB_H_
#define FACET_SERVER_CORE_STREAMS_BATCH_JOB_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/worker_pool.h"
#include "model/augment/batch_sequence.h"
#include "server/core/streams/batch_assembly.h"
#include "server/core/streams/batch_stream.h"
#include "server/core/streams/chunked_render.h"
#include "server/core/streams/delayed_calls.h"
#include "server/core/streams/opened_stream.h"
#include "server/core/streams/quality_filter.h"

namespace facet::server {

// One batch on its way: planned, rendered, judged where the recipe has a filter
// (and what was dropped replaced and rendered again), transformed, labelled.
// Keeps itself alive until it has called back; holds no thread meanwhile.
// Thread-safe.
class BatchJob : public std::enable_shared_from_this<BatchJob> {
 public:
  struct Parts {
    std::shared_ptr<const OpenedStream> stream;
    // These outlive the job.
    RenderEngine* engine = nullptr;
    WorkerPool* workers = nullptr;
    DelayedCalls* delayed = nullptr;
    int chunk_images = 32;
    int chunks_at_once = 2;
  };

  // `on_rendering`: the engine has all of this batch, for now; called at least
  // once before `callback`, unless there is an error. `callback`: once, from a
  // worker or the engine, with everything but the token.
  BatchJob(Parts parts, const model::SequencedBatch& batch, absl::AnyInvocable<void()> on_rendering,
           BatchStream::Callback callback);

  void Start() { Do(&BatchJob::Plan); }
  // Ends it with CANCELLED soon.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // What was rendered together; its pixels stay until the batch is assembled.
  struct Round {
    std::vector<int> places;   // in images_
    std::vector<float> dense;  // their feature vectors
    std::shared_ptr<std::string> pixels;
  };

  void PlanImage(int place, int attempt);
  // Room for the images at `places`, and their feature vectors.
  Round MakeRound(std::vector<int> places);
  absl::Status BeginRound(std::vector<int> places) ABSL_LOCKS_EXCLUDED(mutex_);
  void RoundDone(const absl::Status& status);
  // A step of the job: leads to another, or calls back; an error ends the job.
  using Step = absl::Status (BatchJob::*)();
  // Does `step` here; ends the job with its error, or with what it throws.
  void Do(Step step);
  // Does `step`, which may take time, on a worker.
  void OnWorker(Step step);
  // Plans all images and begins the first round.
  absl::Status Plan();
  // Judges a few images of the last round, then the next few; after the last
  // begins another round, or assembles.
  absl::Status Judge();
  absl::Status JudgeSome();
  std::vector<int> DropBadImages();
  void RemoveLeftOut();
  absl::Status Assemble();
  // Calls back. Of several calls the first counts.
  void Finish(absl::StatusOr<StreamBatch> batch);
  bool cancelled() ABSL_LOCKS_EXCLUDED(mutex_);

  const Parts parts_;
  const model::SequencedBatch batch_;
  const int row_;  // weights of a feature vector
  absl::AnyInvocable<void()> on_rendering_;
  BatchStream::Callback callback_;

  // One step at a time works on these.
  std::vector<BatchImage> images_;
  std::vector<float> dense_;    // [images, row_]
  std::vector<bool> left_out_;  // by image
  std::vector<Round> rounds_;
  std::vector<QualityFilter::Verdict> verdicts_;  // on the first images of the last round
  v1::FilterCounts counts_;

  absl::Mutex mutex_;
  std::shared_ptr<ChunkedRender> render_ ABSL_GUARDED_BY(mutex_);  // of the last round
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STREAMS_BATCH_JOB_H_
