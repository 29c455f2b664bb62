// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_CLASSIFY_CLASSIFY_ENGINE_H_
#define FACET_SERVER_CORE_CLASSIFY_CLASSIFY_ENGINE_H_

#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "facet/v1/model.pb.h"
#include "server/core/models/model_registry.h"

namespace facet::server {

// Shows uploaded images to the classifiers of models. Thread-safe; one batch is
// computed at a time, so that callers share the cores batch by batch.
class ClassifyEngine {
 public:
  // `models` outlives the engine.
  explicit ClassifyEngine(ModelRegistry* models) : models_(models) {}

  // Decodes, in the memory that imports share (model/data/decode_room.h),
  // resizes, classifies. Blocks. `keep_going` is asked between images
  // and batches, and every few milliseconds while waiting for a turn: what it
  // returns other than OK ends the call. Errors of v1.ModelService.Classify.
  absl::StatusOr<v1::ClassifyResponse> Classify(const v1::ClassifyRequest& request,
                                                const std::function<absl::Status()>& keep_going)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status ClassifyBatch(LoadedClassifier& classifier, const std::vector<float>& images, int count,
                             const std::function<absl::Status()>& keep_going, v1::ClassifyResponse& response)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status WaitForTurn(const std::function<absl::Status()>& keep_going) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndTurn() ABSL_LOCKS_EXCLUDED(mutex_);

  ModelRegistry* const models_;
  absl::Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_CLASSIFY_CLASSIFY_ENGINE_H_
