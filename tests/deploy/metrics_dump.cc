// SPDX-License-Identifier: Apache-2.0
// Prints what /metrics of a server answers that has done everything once, for
// the checks of the dashboard and the alerts.
#include <cstdio>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/core/metrics/metrics.h"

namespace {

using facet::server::Metrics;

void AnswerCalls(Metrics& metrics) {
  for (const char* method : {"facet.v1.GenerationService/Render", "facet.v1.AugmentationService/StreamBatches"}) {
    for (const char* code : {"OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "INTERNAL"}) {
      metrics.RpcStarted(method);
      metrics.RpcHandled(method, code, absl::Milliseconds(3));
    }
  }
}

void Render(Metrics& metrics) {
  metrics.RenderBatch(20, absl::Milliseconds(7));
  metrics.SetRenderQueue(5);
  metrics.RenderQueueWait(absl::Milliseconds(2));
}

void Train(Metrics& metrics) {
  for (const char* state : {"queued", "running", "failed"}) metrics.SetJobs(state, 1);
  for (const char* part : {"pixels", "classes", "features"}) {
    metrics.TrainingProgress("digits", 300, 12.5, part, 4.25);
  }
  metrics.TrainingReport();
  for (const char* outcome : {"success", "stopped", "failure", "signal"}) metrics.TrainerExited(outcome);
}

void Stream(Metrics& metrics) {
  metrics.SetStreams(2);
  metrics.StreamBatch(64, 1000);
  metrics.StreamFirstBatch(absl::Milliseconds(30));
}

void LoadModels(Metrics& metrics) {
  metrics.SetModels(1, 1 << 20);
  metrics.ModelLoaded(true, absl::Seconds(1));
  metrics.ModelLoaded(false, absl::Seconds(1));
}

}  // namespace

int main() {
  const std::unique_ptr<Metrics> metrics = Metrics::Create({"0.1.0", [] { return 5000000000; }});
  metrics->SetReady(true);
  AnswerCalls(*metrics);
  Render(*metrics);
  Train(*metrics);
  Stream(*metrics);
  LoadModels(*metrics);
  metrics->DeviceFault();
  const std::string text = metrics->Text();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
