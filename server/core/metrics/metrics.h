// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_METRICS_METRICS_H_
#define FACET_SERVER_CORE_METRICS_METRICS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace facet::server {

struct MetricsOptions {
  // The label of facet_build_info; without one there is no such series.
  std::string version;
  // facet_state_free_bytes: asked at every scrape, from any thread. Where it
  // fails, or there is none, the series is absent.
  std::function<absl::StatusOr<uint64_t>()> free_bytes;
};

// Every figure the server exports, each named once, in metrics.cc; prometheus
// rules: `facet_` prefix, base units, histograms in seconds, few labels.
// docs/metrics.md lists them. Thread-safe; a call costs less than a
// microsecond.
class Metrics {
 public:
  static std::unique_ptr<Metrics> Create(MetricsOptions options = {});
  virtual ~Metrics() = default;

  // facet_rpc_started_total, facet_rpc_handled_total{code}, facet_rpc_duration_seconds.
  virtual void RpcStarted(absl::string_view method) = 0;
  virtual void RpcHandled(absl::string_view method, absl::string_view code, absl::Duration duration) = 0;
  // facet_render_batch_size, facet_render_batch_duration_seconds,
  // facet_render_images_total.
  virtual void RenderBatch(int images, absl::Duration duration) = 0;
  // facet_render_queue_images, facet_render_queue_wait_seconds.
  virtual void SetRenderQueue(int images) = 0;
  virtual void RenderQueueWait(absl::Duration wait) = 0;
  // facet_training_jobs{state}; `state` is lower case, e.g. "running".
  virtual void SetJobs(absl::string_view state, int count) = 0;
  // facet_training_steps_per_second{job}, facet_training_loss{job,part},
  // facet_training_step{job}. Forgotten when the job ends.
  virtual void TrainingProgress(absl::string_view job, int step, double steps_per_second, absl::string_view loss_part,
                                double loss) = 0;
  virtual void ForgetJob(absl::string_view job) = 0;
  // facet_training_reports_total: a sign of progress of a trainer, in any phase.
  virtual void TrainingReport() = 0;
  // facet_trainer_exits_total{outcome}: "success", "stopped", "failure", "signal".
  virtual void TrainerExited(absl::string_view outcome) = 0;
  // facet_streams_active, facet_stream_batches_total, facet_stream_images_total,
  // facet_stream_bytes_total, facet_stream_first_batch_seconds.
  virtual void SetStreams(int count) = 0;
  virtual void StreamBatch(int images, int64_t bytes) = 0;
  virtual void StreamFirstBatch(absl::Duration wait) = 0;
  // facet_models_loaded, facet_model_memory_bytes, facet_model_loads_total{outcome},
  // facet_model_load_duration_seconds.
  virtual void SetModels(int loaded, int64_t memory_bytes) = 0;
  virtual void ModelLoaded(bool ok, absl::Duration duration) = 0;
  // facet_device_faults_total.
  virtual void DeviceFault() = 0;
  // facet_ready: 1 while the server takes work.
  virtual void SetReady(bool ready) = 0;

  // Serves `/metrics` on `host:port`, port 0 for any free one, and returns the
  // address with the port in it. INVALID_ARGUMENT: no such form. UNAVAILABLE:
  // the port is in use. FAILED_PRECONDITION: called before.
  virtual absl::StatusOr<std::string> Serve(const std::string& address) = 0;
  // The same text without a server.
  virtual std::string Text() = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_METRICS_METRICS_H_
