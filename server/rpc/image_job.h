// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_IMAGE_JOB_H_
#define FACET_SERVER_RPC_IMAGE_JOB_H_

#include <google/protobuf/repeated_field.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/worker_pool.h"
#include "facet/v1/image.pb.h"
#include "server/core/output_format.h"
#include "server/core/render/render_engine.h"

namespace facet::server {

// What makes images: the engine, and the threads that compress.
struct ImageParts {
  RenderEngine* engine = nullptr;
  WorkerPool* codecs = nullptr;
  int codec_threads = 1;  // of `codecs`
};

struct ImageRequest {
  ModelHandle model;
  OutputFormat format;
  std::vector<float> dense;  // [count, total_classes]
  int count = 0;
  absl::Time deadline = absl::InfiniteFuture();
};

// Renders feature vectors into finished images: raw pixels straight into the
// bytes that go to the wire, PNG and JPEG by way of a scratch buffer and all
// codec threads. Asynchronous; thread-safe. Keeps itself alive while it works.
class ImageJob final : public std::enable_shared_from_this<ImageJob> {
 public:
  using Images = google::protobuf::RepeatedPtrField<v1::ImageData>;
  using Done = absl::AnyInvocable<void(absl::Status)>;

  static std::shared_ptr<ImageJob> Create(const ImageParts& parts, ImageRequest request);

  // Call once. If it returns OK, `done` is called once from another thread, and
  // with OK images() are finished. Errors of RenderEngine::Submit, `done` is
  // then never called. Throws where there is no memory for the images; nothing
  // keeps `done` then.
  absl::Status Start(Done done);

  // `done` comes soon, with CANCELLED unless it was on its way.
  void Cancel() ABSL_LOCKS_EXCLUDED(mutex_);

  Images& images() { return images_; }

 private:
  ImageJob(const ImageParts& parts, ImageRequest request) : parts_(parts), request_(std::move(request)) {}

  const model::ImageShape& shape() const { return request_.model->renderer->shape(); }
  void* PrepareBuffer();
  void OnRendered(const absl::Status& status);
  void StartEncoders();
  void Encode();
  absl::Status EncodeOne(int index);
  void EncoderEnds(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);
  void Complete(absl::Status status);

  const ImageParts parts_;
  ImageRequest request_;
  Done done_;
  Images images_;
  std::unique_ptr<uint8_t[]> scratch_;
  std::atomic<bool> cancelled_{false};
  std::atomic<int> next_{0};  // image to encode
  absl::Mutex mutex_;
  int64_t task_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: not known yet
  int encoders_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status encoded_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_IMAGE_JOB_H_
