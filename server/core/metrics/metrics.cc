// SPDX-License-Identifier: Apache-2.0
#include "server/core/metrics/metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"

namespace facet::server {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

// 100 µs to 1 min: a small render takes a millisecond, a cold model seconds.
Buckets LatencyBuckets() {
  return {1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}
// Waiting begins at nothing at all.
Buckets WaitBuckets() { return {1e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}; }
Buckets LoadBuckets() { return {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120}; }
Buckets BatchSizeBuckets() { return {1, 2, 4, 8, 16, 32, 64, 128, 256}; }

// Series of one family by the value of its label, looked up without building a
// label map each time. Thread-safe.
template <typename T>
class ByLabel {
 public:
  ByLabel(prometheus::Family<T>& family, std::string label, Buckets buckets = {})
      : family_(family), label_(std::move(label)), buckets_(std::move(buckets)) {}

  T& operator[](absl::string_view value) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    auto [entry, is_new] = series_.try_emplace(value, nullptr);
    if (is_new) entry->second = Add({{label_, std::string(value)}});
    return *entry->second;
  }

 private:
  T* Add(const prometheus::Labels& labels) {
    if constexpr (std::is_same_v<T, Histogram>) {
      return &family_.Add(labels, buckets_);
    } else {
      return &family_.Add(labels);
    }
  }

  prometheus::Family<T>& family_;
  const std::string label_;
  const Buckets buckets_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, T*> series_ ABSL_GUARDED_BY(mutex_);
};

// The registry and short ways to put a family or a single series into it.
class Book {
 public:
  prometheus::Family<Counter>& Counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_);
  }
  prometheus::Family<Gauge>& Gauges(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_);
  }
  prometheus::Family<Histogram>& Histograms(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_);
  }
  Counter& OneCounter(const char* name, const char* help) { return Counters(name, help).Add({}); }
  Gauge& OneGauge(const char* name, const char* help) { return Gauges(name, help).Add({}); }
  Histogram& OneHistogram(const char* name, const char* help, const Buckets& buckets) {
    return Histograms(name, help).Add({}, buckets);
  }
  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

 private:
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
};

// Measured when it is asked for: nobody tells a server that its disk fills up.
class FreeSpace final : public prometheus::Collectable {
 public:
  explicit FreeSpace(std::function<absl::StatusOr<uint64_t>()> free_bytes) : free_bytes_(std::move(free_bytes)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    if (free_bytes_ == nullptr) return {};
    const absl::StatusOr<uint64_t> free = free_bytes_();
    if (!free.ok()) return {};
    prometheus::ClientMetric metric;
    metric.gauge.value = static_cast<double>(*free);
    prometheus::MetricFamily family;
    family.name = "facet_state_free_bytes";
    family.help = "Room left on the file system of the state folder.";
    family.type = prometheus::MetricType::Gauge;
    family.metric.push_back(std::move(metric));
    return {std::move(family)};
  }

 private:
  const std::function<absl::StatusOr<uint64_t>()> free_bytes_;
};

class PrometheusMetrics final : public Metrics {
 public:
  explicit PrometheusMetrics(MetricsOptions options)
      : free_space_(std::make_shared<FreeSpace>(std::move(options.free_bytes))) {
    if (!options.version.empty()) {
      book_.Gauges("facet_build_info", "Always 1; the version is its label.")
          .Add({{"version", options.version}})
          .Set(1);
    }
    // Series that exist from the start, so that rates have a first value.
    for (const char* outcome : {"success", "stopped", "failure", "signal"}) trainer_exits_[outcome];
    for (const char* outcome : {"ok", "error"}) model_loads_[outcome];
  }

  void RpcStarted(absl::string_view method) override { rpc_started_[method].Increment(); }
  void RpcHandled(absl::string_view method, absl::string_view code, absl::Duration duration) override;

  void RenderBatch(int images, absl::Duration duration) override {
    render_batch_size_.Observe(images);
    render_batch_duration_.Observe(absl::ToDoubleSeconds(duration));
    render_images_.Increment(images);
  }
  void SetRenderQueue(int images) override { render_queue_.Set(images); }
  void RenderQueueWait(absl::Duration wait) override { render_wait_.Observe(absl::ToDoubleSeconds(wait)); }

  void SetJobs(absl::string_view state, int count) override { jobs_[state].Set(count); }
  void TrainingProgress(absl::string_view job, int step, double steps_per_second, absl::string_view loss_part,
                        double loss) override;
  void ForgetJob(absl::string_view job) override;
  void TrainingReport() override { training_reports_.Increment(); }
  void TrainerExited(absl::string_view outcome) override { trainer_exits_[outcome].Increment(); }

  void SetStreams(int count) override { streams_.Set(count); }
  void StreamBatch(int images, int64_t bytes) override {
    stream_batches_.Increment();
    stream_images_.Increment(images);
    stream_bytes_.Increment(static_cast<double>(bytes));
  }
  void StreamFirstBatch(absl::Duration wait) override { stream_first_batch_.Observe(absl::ToDoubleSeconds(wait)); }

  void SetModels(int loaded, int64_t memory_bytes) override {
    models_loaded_.Set(loaded);
    model_memory_.Set(static_cast<double>(memory_bytes));
  }
  void ModelLoaded(bool ok, absl::Duration duration) override {
    model_loads_[ok ? "ok" : "error"].Increment();
    model_load_duration_.Observe(absl::ToDoubleSeconds(duration));
  }
  void DeviceFault() override { device_faults_.Increment(); }
  void SetReady(bool ready) override { ready_.Set(ready ? 1 : 0); }

  absl::StatusOr<std::string> Serve(const std::string& address) override;
  std::string Text() override;

 private:
  // What ForgetJob takes away.
  struct JobSeries {
    Gauge* step = nullptr;
    Gauge* steps_per_second = nullptr;
    std::map<std::string, Gauge*, std::less<>> losses;
  };

  Book book_;  // first: everything below lies in it
  const std::shared_ptr<FreeSpace> free_space_;

  ByLabel<Counter> rpc_started_{book_.Counters("facet_rpc_started_total", "RPCs begun, by method."), "method"};
  prometheus::Family<Counter>& rpc_handled_ =
      book_.Counters("facet_rpc_handled_total", "RPCs ended, by method and status code.");
  ByLabel<Histogram> rpc_duration_{
      book_.Histograms("facet_rpc_duration_seconds", "Time from the start of an RPC to its end, by method."), "method",
      LatencyBuckets()};

  Histogram& render_batch_size_ =
      book_.OneHistogram("facet_render_batch_size", "Images computed together.", BatchSizeBuckets());
  Histogram& render_batch_duration_ =
      book_.OneHistogram("facet_render_batch_duration_seconds", "Time to compute one batch.", LatencyBuckets());
  Counter& render_images_ = book_.OneCounter("facet_render_images_total", "Images rendered.");
  Gauge& render_queue_ = book_.OneGauge("facet_render_queue_images", "Images that wait to be rendered.");
  Histogram& render_wait_ = book_.OneHistogram("facet_render_queue_wait_seconds",
                                               "Time from a task's arrival to its first batch.", WaitBuckets());

  ByLabel<Gauge> jobs_{book_.Gauges("facet_training_jobs", "Training jobs, by state."), "state"};
  prometheus::Family<Gauge>& training_speed_ =
      book_.Gauges("facet_training_steps_per_second", "Training steps a second, by running job.");
  prometheus::Family<Gauge>& training_loss_ =
      book_.Gauges("facet_training_loss", "Mean loss of the last steps, by running job and part.");
  prometheus::Family<Gauge>& training_step_ = book_.Gauges("facet_training_step", "Steps done, by running job.");
  Counter& training_reports_ =
      book_.OneCounter("facet_training_reports_total", "Reports of progress by trainers, in every phase.");
  ByLabel<Counter> trainer_exits_{
      book_.Counters("facet_trainer_exits_total", "Trainer processes that ended, by outcome."), "outcome"};

  Gauge& streams_ = book_.OneGauge("facet_streams_active", "Streams of batches that are open.");
  Counter& stream_batches_ = book_.OneCounter("facet_stream_batches_total", "Batches made for streams.");
  Counter& stream_images_ = book_.OneCounter("facet_stream_images_total", "Images made for streams.");
  Counter& stream_bytes_ = book_.OneCounter("facet_stream_bytes_total", "Bytes of pixels and labels made for streams.");
  Histogram& stream_first_batch_ =
      book_.OneHistogram("facet_stream_first_batch_seconds",
                         "Time from asking for a stream's first batch to having it.", LatencyBuckets());

  Gauge& models_loaded_ = book_.OneGauge("facet_models_loaded", "Model versions in memory.");
  Gauge& model_memory_ =
      book_.OneGauge("facet_model_memory_bytes", "Memory of the weights of loaded models, on their devices.");
  ByLabel<Counter> model_loads_{book_.Counters("facet_model_loads_total", "Tries to load a model, by outcome."),
                                "outcome"};
  Histogram& model_load_duration_ =
      book_.OneHistogram("facet_model_load_duration_seconds", "Time to load a model.", LoadBuckets());

  Counter& device_faults_ = book_.OneCounter("facet_device_faults_total", "Compute devices that failed.");
  Gauge& ready_ = book_.OneGauge("facet_ready", "1 while the server takes work, else 0.");

  absl::Mutex mutex_;
  absl::flat_hash_map<std::pair<std::string, std::string>, Counter*> handled_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, JobSeries, std::less<>> job_series_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<prometheus::Exposer> exposer_ ABSL_GUARDED_BY(mutex_);
};

void PrometheusMetrics::RpcHandled(absl::string_view method, absl::string_view code, absl::Duration duration) {
  rpc_duration_[method].Observe(absl::ToDoubleSeconds(duration));
  absl::MutexLock lock(&mutex_);
  auto [entry, is_new] = handled_.try_emplace({std::string(method), std::string(code)}, nullptr);
  if (is_new) {
    entry->second = &rpc_handled_.Add({{"method", entry->first.first}, {"code", entry->first.second}});
  }
  entry->second->Increment();
}

void PrometheusMetrics::TrainingProgress(absl::string_view job, int step, double steps_per_second,
                                         absl::string_view loss_part, double loss) {
  const std::string name(job);
  const std::string part(loss_part);
  absl::MutexLock lock(&mutex_);
  JobSeries& series = job_series_[name];
  if (series.step == nullptr) {
    series.step = &training_step_.Add({{"job", name}});
    series.steps_per_second = &training_speed_.Add({{"job", name}});
  }
  Gauge*& loss_series = series.losses[part];
  if (loss_series == nullptr) loss_series = &training_loss_.Add({{"job", name}, {"part", part}});
  series.step->Set(step);
  series.steps_per_second->Set(steps_per_second);
  loss_series->Set(loss);
}

void PrometheusMetrics::ForgetJob(absl::string_view job) {
  absl::MutexLock lock(&mutex_);
  const auto entry = job_series_.find(std::string(job));
  if (entry == job_series_.end()) return;
  training_step_.Remove(entry->second.step);
  training_speed_.Remove(entry->second.steps_per_second);
  for (const auto& [part, gauge] : entry->second.losses) training_loss_.Remove(gauge);
  job_series_.erase(entry);
}

absl::StatusOr<std::string> PrometheusMetrics::Serve(const std::string& address) {
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(address.substr(colon + 1), &port) || port > 65535) {
    return WithReason(absl::InvalidArgumentError(absl::StrCat(
                          "'", address, "' is no address of a metrics endpoint; a good one is '127.0.0.1:8471'")),
                      "INVALID_ADDRESS");
  }
  absl::MutexLock lock(&mutex_);
  if (exposer_ != nullptr) return absl::FailedPreconditionError("the metrics endpoint is served already");
  try {
    exposer_ = std::make_unique<prometheus::Exposer>(address);
    exposer_->RegisterCollectable(book_.registry());
    exposer_->RegisterCollectable(free_space_);
    return absl::StrCat(address.substr(0, colon), ":", exposer_->GetListeningPorts().at(0));
  } catch (const std::exception& error) {
    exposer_.reset();
    return WithReason(absl::UnavailableError(absl::StrCat("cannot serve metrics on '", address,
                                                          "'; is the port in use? (", error.what(), ")")),
                      "METRICS_ADDRESS_UNAVAILABLE");
  }
}

std::string PrometheusMetrics::Text() {
  std::vector<prometheus::MetricFamily> families = book_.registry()->Collect();
  for (prometheus::MetricFamily& family : free_space_->Collect()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace

std::unique_ptr<Metrics> Metrics::Create(MetricsOptions options) {
  return std::make_unique<PrometheusMetrics>(std::move(options));
}

}  // namespace facet::server
