// SPDX-License-Identifier: Apache-2.0
// Jobs as facetd would write them, on the tiny data set.
#ifndef FACET_TESTS_MODEL_TRAIN_JOB_SAMPLES_H_
#define FACET_TESTS_MODEL_TRAIN_JOB_SAMPLES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "facet/internal/trainer.pb.h"
#include "model/train/event_sink.h"

namespace facet::model {

// A spec of 40 steps with a judge of 30, one held-out rule.
internal::TrainerSpec TinySpec(const std::string& dataset_dir);

// A new folder with the tiny data set and a job that trains on it; returns the
// folder of the job.
std::string MakeJob(const internal::TrainerSpec& changes = {});

// Splits what a PipeEventSink wrote.
std::vector<internal::TrainerEvent> ParseEvents(absl::string_view bytes);

// Keeps what it is told.
class RecordingSink final : public EventSink {
 public:
  void Send(const internal::TrainerEvent& event) override { events.push_back(event); }
  bool gone() const override { return leaves_after > 0 && events.size() >= leaves_after; }

  std::vector<internal::TrainerEvent> events;
  size_t leaves_after = 0;  // 0: never
};

// Phases in the order in which they were told of, each once.
std::vector<std::string> Phases(const std::vector<internal::TrainerEvent>& events);

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_TRAIN_JOB_SAMPLES_H_
